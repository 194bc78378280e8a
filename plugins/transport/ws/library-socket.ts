import type { Duplex } from 'node:stream'
import { WebSocket } from 'ws'
import { type ErrorCode, type Hub, type Peer, SignalError } from '../../../core/api.js'
import type { ClientSocket } from './client-socket.js'
import { reasonOf } from './close-frame.js'
import { writeFrames } from './write-frames.js'

/** What ws calls the ways in which a client can break the framing; any other is E_FRAME. */
const FRAMING_ERRORS: Readonly<Record<string, ErrorCode>> = {
  WS_ERR_UNSUPPORTED_MESSAGE_LENGTH: 'E_TOO_LARGE',
  WS_ERR_UNSUPPORTED_DATA_PAYLOAD_LENGTH: 'E_TOO_LARGE',
  WS_ERR_INVALID_UTF8: 'E_UTF8',
}

/** A client whose frames ws finds, where the engine doesn't. */
export class LibrarySocket implements ClientSocket {
  readonly address: string
  readonly #socket: WebSocket
  readonly #raw: Duplex
  #peer: Peer | undefined

  constructor(socket: WebSocket, raw: Duplex, address: string, hub: Hub) {
    this.address = address
    this.#socket = socket
    this.#raw = raw
    socket.on('message', (message: Buffer, isBinary: boolean) => {
      if (isBinary) this.#peer?.fail(new SignalError('E_BINARY'))
      else this.#peer?.receive(message)
    })
    socket.on('error', (error: NodeJS.ErrnoException) => {
      // ws has sent its close frame by now; a broken socket has no WS_ code and just closes.
      if (error.code?.startsWith('WS_')) {
        this.#peer?.fail(new SignalError(FRAMING_ERRORS[error.code] ?? 'E_FRAME'))
      }
    })
    socket.on('close', (code) => this.#peer?.gone(code))
    // Behind the listener of ws, which has emitted all messages of the chunk when it returns.
    raw.on('data', () => hub.endOfChunk?.())
  }

  attach(peer: Peer): void {
    this.#peer = peer
  }

  onceClosed(callback: () => void): void {
    this.#socket.once('close', callback)
  }

  get queuedBytes(): number {
    return this.#raw.writableLength
  }

  write(frames: Buffer): void {
    if (this.#socket.readyState === WebSocket.OPEN) writeFrames(this.#raw, frames)
  }

  close(code: number, reason: string): void {
    this.#socket.close(code, reasonOf(reason))
  }

  terminate(): void {
    this.#socket.terminate()
  }
}
