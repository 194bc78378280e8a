/**
 * The dialect `signalbox.v1` over WebSocket. `ws` does the handshake; the frames that arrive are the engine's to find,
 * or those of `ws` where the engine doesn't; frames that leave come ready-made from the hub and go to the socket
 * directly, those of a tick in one write.
 */

import {
  type Admission,
  closeCodeOf,
  definePlugin,
  ERRORS,
  FRONT_DOOR,
  type FrontDoor,
  HUB,
  type Hub,
  inject,
  injectable,
  type Lifecycle,
  OPTIONS,
  RESUME_PREFIX,
  type ResumeRequest,
  SignalError,
  type Static,
  SUBPROTOCOL,
  TOKEN_PREFIX,
  type Transport,
  Type,
  textFrame,
  type Upgrade,
} from '../../core/api.js'
import { CLOSE_MS, type ClientSocket } from './ws/client-socket.js'
import { Handshake } from './ws/handshake.js'

const options = Type.Object({
  path: Type.String({ pattern: '^/', default: '/signal', description: 'Path of the WebSocket endpoint' }),
})

@injectable()
class WebSocketTransport implements Transport, Lifecycle {
  readonly #options: Static<typeof options>
  readonly #door: FrontDoor
  readonly #hub: Hub
  readonly #handshake: Handshake
  readonly #clients = new Set<ClientSocket>()

  constructor(
    @inject(OPTIONS) chosen: Static<typeof options>,
    @inject(FRONT_DOOR) door: FrontDoor,
    @inject(HUB) hub: Hub,
  ) {
    this.#options = chosen
    this.#door = door
    this.#hub = hub
    this.#handshake = new Handshake(hub)
  }

  start(): void {
    this.#door.mountUpgrade(this.#options.path, (upgrade) => {
      // A mistake of ours costs this client its connection, and nobody else anything.
      this.#upgrade(upgrade).catch(() => upgrade.socket.destroy())
    })
  }

  /** The hub has ended every session by now; waits for the sockets to follow, then ends them. */
  async stop(): Promise<void> {
    const clients = [...this.#clients]
    const closed = clients.map((client) => new Promise<void>((resolve) => client.onceClosed(resolve)))
    for (const client of clients) client.close(1001, '')
    const timer = setTimeout(() => {
      for (const client of this.#clients) client.terminate()
    }, CLOSE_MS / 2)
    await Promise.all(closed)
    clearTimeout(timer)
    this.#handshake.close()
  }

  async #upgrade(upgrade: Upgrade): Promise<void> {
    const offered = protocolsOf(upgrade)
    if (!offered.includes(SUBPROTOCOL)) {
      upgrade.refuse(new SignalError('E_HANDSHAKE', `offer the subprotocol ${SUBPROTOCOL}`))
      return
    }
    const room = upgrade.url.searchParams.get('room')
    const data = upgrade.url.searchParams.get('data')
    const resume = resumeOf(offered)
    let admission: Admission
    try {
      admission = await this.#hub.admit({
        token: tokenOf(upgrade, offered),
        address: upgrade.address,
        ...(room === null ? {} : { room }),
        ...(data === null ? {} : { data }),
        ...(resume === undefined ? {} : { resume }),
      })
    } catch (error) {
      this.#turnAway(upgrade, error instanceof SignalError ? error : new SignalError('E_INTERNAL'))
      return
    }
    this.#welcome(upgrade, admission)
  }

  /** The 101, `welcome` and `joined` leave in one write. */
  #welcome(upgrade: Upgrade, admission: Admission): void {
    const completed = this.#complete(upgrade, (client) => client.attach(admission.attach(client)))
    if (!completed) admission.discard()
  }

  /** A browser can't see why a handshake failed, so a refusal it should see comes after the handshake. */
  #turnAway(upgrade: Upgrade, error: SignalError): void {
    if (ERRORS[error.code].http !== undefined) {
      upgrade.refuse(error)
      return
    }
    this.#complete(upgrade, (client) => {
      const { code, message, retryAfterMs } = error
      client.write(textFrame(JSON.stringify({ type: 'error', code, message, retryAfterMs })))
      client.close(closeCodeOf(code), message)
    })
  }

  /** Completes the handshake and runs `use` within the same write. False when it was refused (RFC 6455 section 4.2). */
  #complete(upgrade: Upgrade, use: (client: ClientSocket) => void): boolean {
    return this.#handshake.complete(upgrade, (client) => {
      upgrade.done()
      this.#keep(client)
      use(client)
    })
  }

  /** Apart from `#complete`, whose variables, the request among them, would live as long as the connection. */
  #keep(client: ClientSocket): void {
    this.#clients.add(client)
    client.onceClosed(() => this.#clients.delete(client))
  }
}

function protocolsOf({ request }: Upgrade): string[] {
  return (request.headers['sec-websocket-protocol'] ?? '').split(',').map((protocol) => protocol.trim())
}

/** Browsers can't set headers: there the token travels as a subprotocol, base64url. */
function tokenOf({ request }: Upgrade, offered: readonly string[]): string | undefined {
  const protocol = offered.find((name) => name.startsWith(TOKEN_PREFIX))
  if (protocol !== undefined) return Buffer.from(protocol.slice(TOKEN_PREFIX.length), 'base64url').toString()
  return /^Bearer +(\S+)$/i.exec(request.headers.authorization ?? '')?.[1]
}

/** Asked for in whatever form: the hub answers a broken one as it does a wrong one. */
function resumeOf(offered: readonly string[]): ResumeRequest | undefined {
  const protocol = offered.find((name) => name.startsWith(RESUME_PREFIX))
  if (protocol === undefined) return undefined
  const [, ticket = '', seen = 'none'] =
    /^([^.]*)\.([0-9]{1,16})$/.exec(protocol.slice(RESUME_PREFIX.length)) ?? []
  return { ticket, seen: Number(seen) }
}

export default definePlugin({
  kind: 'transport',
  name: 'ws',
  description: 'The protocol signalbox.v1 over WebSocket.',
  options,
  useClass: WebSocketTransport,
})
