/** A WebSocket whose other end is the test. */

import type { WebSocketLike } from '../../client/socket.js'
import type { ClientMessage, ServerMessage } from '../../core/protocol.js'

export class FakeSocket implements WebSocketLike {
  onmessage: ((event: never) => void) | null = null
  onclose: ((event: never) => void) | null = null
  onerror: ((event: never) => void) | null = null
  readonly url: URL
  readonly protocols: readonly string[]
  /** What the client has sent, parsed. */
  readonly sent: ClientMessage[] = []
  /** What the client sends gets lost on its way. */
  mute = false
  /** The code with which the client closed. */
  closedWith: number | undefined

  constructor(url: string, protocols: readonly string[]) {
    this.url = new URL(url)
    this.protocols = protocols
  }

  send(text: string): void {
    this.sent.push(JSON.parse(text))
  }

  close(code?: number): void {
    this.closedWith = code ?? 1005
  }

  /** The server says something. */
  say(...messages: ServerMessage[]): void {
    for (const message of messages) this.sayText(JSON.stringify(message))
  }

  sayText(data: unknown): void {
    ;(this.onmessage as ((event: object) => void) | null)?.({ data })
  }

  /** The connection ends. */
  end(code: number, reason = ''): void {
    ;(this.onclose as ((event: object) => void) | null)?.({ code, reason })
  }
}

/** A constructor for the client, and the sockets that it made, the latest last. */
export function fakeSockets() {
  const sockets: FakeSocket[] = []
  const WebSocket = class extends FakeSocket {
    constructor(url: string, protocols: string[]) {
      super(url, protocols)
      sockets.push(this)
    }
  }
  return { sockets, WebSocket, last: () => sockets.at(-1)! }
}

/** What a server says first. */
export function welcome(peer = 'me______________', more: object = {}): ServerMessage {
  return {
    type: 'welcome',
    peer,
    session: { ticket: null, windowMs: 0, resumed: false, lastId: 0 },
    pingMs: 20_000,
    limits: {
      messageBytes: 65_536,
      metadataBytes: 4_096,
      roomBytes: 128,
      roomsPerPeer: 16,
      membersPerRoom: 64,
    },
    iceServers: [{ urls: ['stun:stun.example'] }],
    ...more,
  }
}
