/**
 * The dialect `signalbox.v1` over WebSocket. `ws` does the handshake and the framing of what arrives; frames that
 * leave come ready-made from the hub and go to the socket directly, those of a tick in one write.
 */

import type { Duplex } from 'node:stream'
import { type ServerOptions, WebSocket, WebSocketServer } from 'ws'
import {
  type Admission,
  type Connection,
  closeCodeOf,
  definePlugin,
  ERRORS,
  type ErrorCode,
  FRONT_DOOR,
  type FrontDoor,
  HUB,
  type Hub,
  inject,
  injectable,
  LIMITS,
  type Lifecycle,
  OPTIONS,
  type Peer,
  SignalError,
  type Static,
  SUBPROTOCOL,
  TOKEN_PREFIX,
  type Transport,
  Type,
  type Upgrade,
} from '../../core/api.js'

/** How long a client has to answer a close frame before its socket is destroyed. */
const CLOSE_MS = 2000
/** A close frame's reason is at most 123 bytes (RFC 6455 section 5.5). */
const REASON_BYTES = 123
/** What `ws` calls the ways in which a client can break the framing. */
const FRAMING_ERRORS: Readonly<Record<string, ErrorCode>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'E_TOO_LARGE',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'E_TOO_LARGE',
  WS_ERR_INVALID_UTF8: 'E_UTF8',
}

const options = Type.Object({
  path: Type.String({ pattern: '^/', default: '/signal', description: 'Path of the WebSocket endpoint' }),
})

@injectable()
class WebSocketTransport implements Transport, Lifecycle {
  readonly #options: Static<typeof options>
  readonly #door: FrontDoor
  readonly #hub: Hub
  readonly #server: WebSocketServer
  readonly #sockets = new Set<WebSocket>()

  constructor(
    @inject(OPTIONS) chosen: Static<typeof options>,
    @inject(FRONT_DOOR) door: FrontDoor,
    @inject(HUB) hub: Hub,
  ) {
    this.#options = chosen
    this.#door = door
    this.#hub = hub
    const settings: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: LIMITS.messageBytes,
      closeTimeout: CLOSE_MS, // documented by ws, and missing from its types
      handleProtocols: () => SUBPROTOCOL,
    }
    this.#server = new WebSocketServer(settings)
  }

  start(): void {
    this.#door.mountUpgrade(this.#options.path, (upgrade) => void this.#upgrade(upgrade))
  }

  /** The hub has ended every session by now; waits for the sockets to follow, then ends them. */
  async stop(): Promise<void> {
    for (const socket of this.#sockets) if (socket.readyState === WebSocket.OPEN) socket.close(1001)
    const closed = [...this.#sockets].map((socket) => new Promise((resolve) => socket.once('close', resolve)))
    const timer = setTimeout(() => {
      for (const socket of this.#sockets) socket.terminate()
    }, CLOSE_MS / 2)
    await Promise.all(closed)
    clearTimeout(timer)
    this.#server.close()
  }

  async #upgrade(upgrade: Upgrade): Promise<void> {
    const offered = protocolsOf(upgrade)
    if (!offered.includes(SUBPROTOCOL)) {
      upgrade.refuse(new SignalError('E_HANDSHAKE', `offer the subprotocol ${SUBPROTOCOL}`))
      return
    }
    const room = upgrade.url.searchParams.get('room')
    const data = upgrade.url.searchParams.get('data')
    try {
      const admission = await this.#hub.admit({
        token: tokenOf(upgrade, offered),
        address: upgrade.address,
        ...(room === null ? {} : { room }),
        ...(data === null ? {} : { data }),
      })
      this.#welcome(upgrade, admission)
    } catch (error) {
      this.#turnAway(upgrade, error instanceof SignalError ? error : new SignalError('E_INTERNAL'))
    }
  }

  /** The 101, `welcome` and `joined` leave in one write: corked, since `ws` and the hub write one after the other. */
  #welcome(upgrade: Upgrade, admission: Admission): void {
    const completed = this.#handshake(upgrade, (socket) => {
      const connection = new SocketConnection(socket, upgrade)
      const peer = admission.attach(connection)
      listenTo(socket, peer)
    })
    if (!completed) admission.discard()
  }

  /** A browser can't see why a handshake failed, so a refusal it should see comes after the handshake. */
  #turnAway(upgrade: Upgrade, error: SignalError): void {
    if (ERRORS[error.code].http !== undefined) {
      upgrade.refuse(error)
      return
    }
    this.#handshake(upgrade, (socket) => {
      socket.on('error', () => {}) // what a client sends after it was refused is of no interest
      const { code, message, retryAfterMs } = error
      socket.send(JSON.stringify({ type: 'error', code, message, retryAfterMs }))
      socket.close(closeCodeOf(code), reasonOf(message))
    })
  }

  /** Completes the handshake and runs `use` within the same write. False when `ws` refused the handshake (RFC 6455 section 4.2). */
  #handshake(upgrade: Upgrade, use: (socket: WebSocket) => void): boolean {
    const raw = upgrade.socket
    let completed = false
    raw.cork()
    this.#server.handleUpgrade(upgrade.request, raw, upgrade.head, (socket) => {
      completed = true
      upgrade.done()
      this.#sockets.add(socket)
      socket.once('close', () => this.#sockets.delete(socket))
      use(socket)
    })
    raw.uncork()
    return completed
  }
}

/** A client's socket, past the handshake. */
class SocketConnection implements Connection {
  readonly address: string
  readonly #socket: WebSocket
  readonly #raw: Duplex

  constructor(socket: WebSocket, upgrade: Upgrade) {
    this.#socket = socket
    this.#raw = upgrade.socket
    this.address = upgrade.address
  }

  get queuedBytes(): number {
    return this.#raw.writableLength
  }

  write(frames: readonly Buffer[]): void {
    if (this.#socket.readyState !== WebSocket.OPEN) return
    const raw = this.#raw
    raw.cork()
    for (const frame of frames) raw.write(frame)
    raw.uncork()
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reasonOf(reason))
  }
}

function listenTo(socket: WebSocket, peer: Peer): void {
  socket.on('message', (message: Buffer, isBinary: boolean) => {
    if (isBinary) peer.fail(new SignalError('E_BINARY'))
    else peer.receive(message)
  })
  socket.on('error', (error: NodeJS.ErrnoException) => {
    // ws has sent its close frame by now; a broken socket has no WS_ code and just closes.
    if (error.code?.startsWith('WS_')) peer.fail(new SignalError(FRAMING_ERRORS[error.code] ?? 'E_FRAME'))
  })
  socket.on('close', (code: number) => peer.gone(code))
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

/** As much of a sentence as a close frame holds, never half a character. */
function reasonOf(message: string): string {
  let reason = message
  while (Buffer.byteLength(reason) > REASON_BYTES) reason = reason.slice(0, -1)
  return reason
}

export default definePlugin({
  kind: 'transport',
  name: 'ws',
  description: 'The protocol signalbox.v1 over WebSocket.',
  options,
  useClass: WebSocketTransport,
})
