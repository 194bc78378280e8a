import type { Access } from '../access/access.js'
import type { Principal } from '../contracts/auth.js'
import type { ConnectRequest } from '../contracts/transport.js'
import type { Engine } from '../engine/engine.js'
import { errorOfVerdict, SignalError } from '../errors.js'
import type { Policies } from '../hub/policies.js'
import type { Rooms } from './rooms.js'

/** A room to join as soon as the connection stands. */
export interface EarlyJoin {
  readonly room: string
  /** JSON text. */
  readonly data: string
}

/** Who sends a join by URL, as far as the engine is concerned: a join asks nothing of its sender. */
const NO_SLOT = 0

/** Asks grants and policies about the room in the URL beforehand, so that `joined` can leave with `welcome`. */
export class EarlyJoins {
  readonly #engine: Engine
  readonly #access: Access
  readonly #policies: Policies
  readonly #rooms: Rooms

  constructor(engine: Engine, access: Access, policies: Policies, rooms: Rooms) {
    this.#engine = engine
    this.#access = access
    this.#policies = policies
    this.#rooms = rooms
  }

  /** Undefined when the client asked for no room. Throws what the join is refused with. */
  async ask(
    request: ConnectRequest,
    who: { readonly principal: Principal; readonly peer: string; readonly slot: number },
  ): Promise<EarlyJoin | undefined> {
    if (request.room === undefined) return undefined
    const join = this.#judge(request.room, request.data?.trim() ?? 'null')
    const { room } = join
    const roomNumber = this.#rooms.numberOf(room)
    await this.#access.join({
      ...who,
      room,
      roomNumber,
      members: this.#rooms.size(room),
      now: this.#policies.now,
    })
    return join
  }

  /** The engine judges a join by URL as the message that it stands for. */
  #judge(room: string, data: string): EarlyJoin {
    const start = '{"data":'
    const message = Buffer.from(`${start}${data},"type":"join","room":${JSON.stringify(room)}}`)
    const verdict = this.#engine.ingest(NO_SLOT, message)
    if (verdict < 0) throw new SignalError(errorOfVerdict(verdict))
    const { dataStart, dataEnd } = this.#engine
    // Text that ends the value and goes on with keys of its own is no value.
    const isOneValue = dataStart === start.length && dataEnd === start.length + Buffer.byteLength(data)
    if (!isOneValue) throw new SignalError('E_JSON')
    return { room, data }
  }
}
