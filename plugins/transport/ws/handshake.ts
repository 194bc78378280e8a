/**
 * ws completes the handshake (RFC 6455 section 4.2), whoever reads the frames afterwards: the engine where it can, on
 * a socket that reads into its memory where that is possible, else ws.
 */

import type { Duplex } from 'node:stream'
import { type ServerOptions, type WebSocket, WebSocketServer } from 'ws'
import { type FrameReader, type Hub, LIMITS, SUBPROTOCOL, type Upgrade } from '../../../core/api.js'
import { CLOSE_MS, type ClientSocket } from './client-socket.js'
import { type ReadTarget, readDirectly } from './direct-reads.js'
import { EngineSocket } from './engine-socket.js'
import { LibrarySocket } from './library-socket.js'

const NOTHING = Buffer.alloc(0)

/** Takes the place of ws' WebSocket, of which it uses no more than this: no receiver and no sender are made. */
class Upgraded {
  setSocket(): void {}
}

/** The way from a connection to its client, once it has one. Nothing of the handshake lives as long as it does. */
class Opening implements ReadTarget {
  readonly #frames: FrameReader
  client: EngineSocket | undefined

  constructor(frames: FrameReader) {
    this.#frames = frames
  }

  get chunk(): Uint8Array {
    return this.#frames.chunk
  }

  read(lengthBytes: number, chunk: Buffer): void {
    this.client?.read(lengthBytes, chunk)
  }
}

const feed = (client: EngineSocket, raw: Duplex): void => {
  raw.on('data', (chunk: Buffer) => client.feed(chunk))
}

export class Handshake {
  readonly #hub: Hub
  readonly #server: WebSocketServer

  constructor(hub: Hub) {
    this.#hub = hub
    const settings: ServerOptions & { closeTimeout: number } = {
      noServer: true,
      clientTracking: false,
      perMessageDeflate: false,
      maxPayload: LIMITS.messageBytes,
      closeTimeout: CLOSE_MS, // documented by ws, and missing from its types
      handleProtocols: () => SUBPROTOCOL,
    }
    if (hub.frames !== undefined) settings.WebSocket = Upgraded as unknown as typeof WebSocket
    this.#server = new WebSocketServer(settings)
  }

  /**
   * Answers with 101 and runs `use`, all within one write. False when ws has refused the handshake, or the client has
   * gone.
   */
  complete(upgrade: Upgrade, use: (client: ClientSocket) => void): boolean {
    const { frames } = this.#hub
    return frames === undefined ? this.#withLibrary(upgrade, use) : this.#withEngine(upgrade, frames, use)
  }

  close(): void {
    this.#server.close()
  }

  #withLibrary(upgrade: Upgrade, use: (client: ClientSocket) => void): boolean {
    const { request, socket: raw, head, address } = upgrade
    let completed = false
    raw.cork()
    this.#server.handleUpgrade(request, raw, head, (socket) => {
      completed = true
      use(new LibrarySocket(socket, raw, address, this.#hub))
    })
    raw.uncork()
    return completed
  }

  #withEngine(upgrade: Upgrade, frames: FrameReader, use: (client: ClientSocket) => void): boolean {
    const { request, socket, head, address } = upgrade
    const opened = new Opening(frames)
    const direct = readDirectly(socket, head, opened)
    const raw = direct?.socket ?? socket
    raw.cork()
    this.#server.handleUpgrade(request, raw, NOTHING, () => {
      opened.client = new EngineSocket(raw, address, this.#hub, frames)
      use(opened.client)
    })
    raw.uncork()
    const { client } = opened
    if (client === undefined) return false
    if (direct === undefined) feed(client, raw)
    const early = direct?.head ?? head
    if (early.length > 0) client.feed(early)
    return true
  }
}
