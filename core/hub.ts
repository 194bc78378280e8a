/** The hub: lets clients in, and hands their messages on. It owns everything between transports and sockets. */

import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import type { Access } from './access.js'
import type { BanKind, BanList } from './bans.js'
import type { Clock } from './clock.js'
import type { Limits } from './config/schema.js'
import type { Principal } from './contracts/auth.js'
import type {
  Admission,
  Connection,
  ConnectRequest,
  Hub,
  Peer,
  ResumeRequest,
} from './contracts/transport.js'
import { goawayFrame, welcomeFrame } from './control-frames.js'
import { Dispatch } from './dispatch.js'
import { Egress } from './egress.js'
import { CAPACITY, type Engine } from './engine/engine.js'
import type { FrameReader } from './engine/frame-reader.js'
import { ERRORS, errorOfVerdict, SignalError } from './errors.js'
import { Liveness } from './liveness.js'
import { addressKey } from './networks.js'
import { NumberPool } from './number-pool.js'
import type { Observers } from './observers.js'
import { encodePeerId, PEER_ID_LIMITS } from './peer-id.js'
import type { Policies } from './policies.js'
import { type IceServer, LIMITS, type Welcome } from './protocol.js'
import { Rooms } from './rooms.js'
import { Sessions } from './sessions.js'
import type { Stats } from './stats.js'

export interface HubParts {
  readonly engine: Engine
  readonly access: Access
  readonly policies: Policies
  readonly bans: BanList
  readonly observers: Observers
  readonly stats: Stats
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
}

/** This node's number in the peer ids it makes. */
const NODE = 0

/** Who sends a join by URL, as far as the engine is concerned: a join asks nothing of its sender. */
const NO_SLOT = 0

/** A room to join as soon as the connection stands, or why that was refused. */
type EarlyJoin = { readonly room: string; readonly data: string } | SignalError | undefined

/** A client that was let in and has no connection yet. */
interface Admitted {
  readonly slot: number
  readonly id: string
  readonly principal: Principal
  readonly iceServers: readonly IceServer[]
  readonly early: EarlyJoin
  readonly resume: ResumeRequest | undefined
}

export class SignalHub implements Hub {
  /** The engine's, when it has one. */
  declare readonly frames?: FrameReader
  readonly #engine: Engine
  readonly #access: Access
  readonly #policies: Policies
  readonly #bans: BanList
  readonly #observers: Observers
  readonly #stats: Stats
  readonly #limits: Limits
  readonly #slots = new NumberPool(CAPACITY.peers)
  readonly #rooms: Rooms
  readonly #sessions: Sessions
  readonly #dispatch: Dispatch
  readonly #egress: Egress
  readonly #liveness: Liveness
  #draining = false

  constructor({ engine, access, policies, bans, observers, stats, clock, logger, limits }: HubParts) {
    if (engine.frames) this.frames = engine.frames
    this.#engine = engine
    this.#access = access
    this.#policies = policies
    this.#bans = bans
    this.#observers = observers
    this.#stats = stats
    this.#limits = limits
    const egress = new Egress(stats, limits)
    this.#egress = egress
    const rooms = new Rooms(engine, egress.log, limits, observers, stats)
    const release = (slot: number) => this.#release(slot)
    const sessions = new Sessions({ engine, egress, rooms, observers, policies, stats, logger, release })
    this.#rooms = rooms
    this.#sessions = sessions
    const { log } = egress
    this.#dispatch = new Dispatch({ engine, log, access, policies, sessions, rooms, observers, stats })
    this.#liveness = new Liveness(limits, clock, sessions, (session, code) => sessions.end(session, code))
  }

  start(): void {
    this.#liveness.start()
  }

  /** Lets nobody in any more, and ends every session with E_GOING_AWAY. */
  stop(): void {
    this.#draining = true
    this.#liveness.stop()
    for (const session of this.#sessions) {
      session.outbox.tell(goawayFrame('shutdown', 0))
      this.#sessions.end(session, 'E_GOING_AWAY')
    }
  }

  async admit(request: ConnectRequest): Promise<Admission> {
    let admitted: Admitted
    try {
      admitted = await this.#admit(request)
    } catch (error) {
      const refusal = this.#sessions.asSignalError(error)
      this.#stats.refuse(refusal.code)
      this.#observers.tell({ type: 'refused', code: refusal.code, address: request.address })
      this.#policies.refused(refusal.code, request.address)
      throw refusal
    }
    let used = false
    return {
      attach: (connection) => {
        used = true
        return this.#attach(admitted, connection)
      },
      discard: () => {
        if (!used) this.#release(admitted.slot)
        used = true
      },
    }
  }

  /** Ends the sessions of somebody who was banned, soon: whoever banned them may be in the middle of a message. */
  expel(kind: BanKind, name: string): void {
    setImmediate(() => {
      for (const session of this.#sessions) {
        const { connection, principal } = session
        const isMeant = kind === 'principal' ? principal.id === name : addressKey(connection.address) === name
        if (isMeant) this.#sessions.end(session, 'E_BANNED')
      }
    })
  }

  endOfChunk(): void {
    this.#stats.reads++
    this.#egress.endOfChunk()
  }

  async #admit(request: ConnectRequest): Promise<Admitted> {
    if (this.#draining) throw new SignalError('E_GOING_AWAY')
    this.#refuseBanned('address', request.address)
    this.#policies.attempt(request.address)
    // Handshakes under way hold a slot too, so that the limit can't be overrun by many at once.
    const slot = this.#slots.used < this.#limits.peers ? this.#slots.take() : -1
    if (slot === -1) throw new SignalError('E_BUSY')
    try {
      const { token, address } = request
      const principal = await this.#access.authenticate({ token, address })
      this.#refuseBanned('principal', principal.id)
      const id = encodePeerId(NODE, slot, this.#slots.generation(slot), randomInt(PEER_ID_LIMITS.tag))
      const iceServers: IceServer[] = []
      await this.#access.connect({ principal, peer: id, slot, address, now: this.#policies.now, iceServers })
      const early = await this.#earlyJoin(request, principal, id, slot)
      if (early instanceof SignalError && ERRORS[early.code].ends) throw early
      if (this.#draining) throw new SignalError('E_GOING_AWAY')
      return { slot, id, principal, iceServers, early, resume: request.resume }
    } catch (error) {
      this.#release(slot)
      throw error
    }
  }

  #refuseBanned(kind: BanKind, name: string): void {
    const leftMs = this.#bans.leftMs(kind, name)
    if (leftMs > 0) throw new SignalError('E_BANNED', ERRORS.E_BANNED.meaning, leftMs)
  }

  #release(slot: number): void {
    this.#policies.disconnected(slot)
    this.#slots.release(slot)
  }

  /** Asks grants and policies about the room in the URL beforehand, so that `joined` can leave with `welcome`. */
  async #earlyJoin(
    request: ConnectRequest,
    principal: Principal,
    peer: string,
    slot: number,
  ): Promise<EarlyJoin> {
    if (request.room === undefined) return undefined
    try {
      const { room, data } = this.#judge(request.room, request.data?.trim() ?? 'null')
      await this.#access.join({
        principal,
        peer,
        slot,
        room,
        roomNumber: this.#rooms.numberOf(room),
        members: this.#rooms.size(room),
        now: this.#policies.now,
      })
      return { room, data }
    } catch (error) {
      return this.#sessions.asSignalError(error)
    }
  }

  /** The engine judges a join by URL as the message that it stands for. Throws a `SignalError`. */
  #judge(room: string, data: string): { room: string; data: string } {
    const start = '{"data":'
    const verdict = this.#engine.ingest(
      NO_SLOT,
      Buffer.from(`${start}${data},"type":"join","room":${JSON.stringify(room)}}`),
    )
    if (verdict < 0) throw new SignalError(errorOfVerdict(verdict))
    const { dataStart, dataEnd } = this.#engine
    // Text that ends the value and goes on with keys of its own is no value.
    const isOneValue = dataStart === start.length && dataEnd === start.length + Buffer.byteLength(data)
    if (!isOneValue) throw new SignalError('E_JSON')
    return { room, data }
  }

  #attach({ slot, id, principal, iceServers, early, resume }: Admitted, connection: Connection): Peer {
    const session = this.#sessions.open(slot, id, principal, connection)
    session.outbox.tell(welcomeFrame(this.#welcome(id, iceServers)))
    if (resume) this.#sessions.refuse(session, 0, new SignalError('E_RESUME'))
    if (early instanceof SignalError) this.#sessions.refuse(session, 0, early)
    else if (early) {
      this.#sessions.attempt(session, 0, () => this.#rooms.enter(session, early.room, early.data, 0))
    }
    session.outbox.flush()
    return {
      id,
      receive: (message) => this.#dispatch.receive(session, message),
      receiveFrame: () => this.#dispatch.receiveFrame(session),
      fail: (error) => this.#sessions.fail(session, error),
      gone: (code) => this.#sessions.remove(session, code),
    }
  }

  #welcome(peer: string, iceServers: readonly IceServer[]): Omit<Welcome, 'type'> {
    const { metadataBytes, roomsPerPeer, membersPerRoom, pingMs } = this.#limits
    const { messageBytes, roomBytes } = LIMITS
    return {
      peer,
      session: { ticket: null, windowMs: 0, resumed: false, lastId: 0 },
      pingMs,
      limits: { messageBytes, metadataBytes, roomBytes, roomsPerPeer, membersPerRoom },
      iceServers,
    }
  }
}
