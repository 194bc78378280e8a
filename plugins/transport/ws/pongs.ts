import type { Duplex } from 'node:stream'

/** A final frame with opcode 10. */
const FINAL_PONG = 0x8a

/**
 * Answers to pings (RFC 6455 section 5.5.3), those of one chunk in one write. A client that floods pings and doesn't
 * read is owed one pong at a time, for the last of them; it leaves when the client reads again.
 */
export class Pongs {
  readonly #socket: Duplex
  #frames: Buffer[] = []
  #late: Buffer | undefined

  constructor(socket: Duplex) {
    this.#socket = socket
  }

  /** A ping with this payload, of at most 125 bytes, has come. */
  owe(payload: Uint8Array): void {
    const frame = Buffer.allocUnsafe(2 + payload.length)
    frame[0] = FINAL_PONG
    frame[1] = payload.length
    frame.set(payload, 2)
    if (!this.#socket.writableNeedDrain) {
      this.#frames.push(frame)
      return
    }
    if (this.#late === undefined) this.#socket.once('drain', this.#drained)
    this.#late = frame
  }

  /** Sends what is owed for the chunk. */
  flush(): void {
    if (this.#frames.length === 0) return
    const frames = this.#frames
    this.#frames = []
    this.#socket.write(frames.length === 1 ? frames[0] : Buffer.concat(frames))
  }

  /** Nothing is owed any more: no frame may follow a close frame (section 5.5.1). */
  cancel(): void {
    this.#frames = []
    this.#late = undefined
  }

  readonly #drained = (): void => {
    if (this.#late !== undefined) this.#socket.write(this.#late)
    this.#late = undefined
  }
}
