import type { Duplex } from 'node:stream'
import {
  closeCodeOf,
  type ErrorCode,
  type FrameReader,
  type Hub,
  type Peer,
  SignalError,
} from '../../../core/api.js'
import { CLOSE_MS, type ClientSocket } from './client-socket.js'
import { ABNORMAL, closeFrame } from './close-frame.js'
import { type FrameHandler, FrameStream } from './frame-stream.js'
import { Pongs } from './pongs.js'
import { writeFrames } from './write-frames.js'

/** What a close code for broken framing is called in the table of errors; any other is E_FRAME. */
const FRAMING_ERRORS: Readonly<Record<number, ErrorCode>> = {
  1007: 'E_UTF8',
  1009: 'E_TOO_LARGE',
  [closeCodeOf('E_INTERNAL')]: 'E_INTERNAL',
}

/** A client whose frames the engine finds. The states and the closing handshake are those of RFC 6455 section 7. */
export class EngineSocket implements ClientSocket, FrameHandler {
  readonly address: string
  readonly #raw: Duplex
  readonly #hub: Hub
  readonly #frames: FrameReader
  readonly #stream: FrameStream
  /** Made with the first ping: most clients never send one. */
  #pongs: Pongs | undefined
  #peer: Peer | undefined
  #isOpen = true
  /** Whether nothing is read any more: the client's close frame has come, or its framing is broken. */
  #isDeaf = false
  #closeCode = ABNORMAL
  readonly #closings: (() => void)[] = []
  #timer: NodeJS.Timeout | undefined

  /** `raw` is past the handshake; what it receives comes by `read` or `feed`. */
  constructor(raw: Duplex, address: string, hub: Hub, frames: FrameReader) {
    this.address = address
    this.#raw = raw
    this.#hub = hub
    this.#frames = frames
    this.#stream = new FrameStream(frames, this)
    raw.on('error', destroy)
    raw.on('end', () => this.#halfClosed())
    raw.on('close', () => this.#gone())
  }

  attach(peer: Peer): void {
    this.#peer = peer
  }

  onceClosed(callback: () => void): void {
    this.#closings.push(callback)
  }

  /** So many bytes of this client lie in the chunk that all share: the reader's, or that of one which has failed. */
  read(lengthBytes: number, chunk: Buffer): void {
    if (chunk === this.#frames.chunk) this.#stream.read(lengthBytes)
    else this.#stream.feed(chunk.subarray(0, lengthBytes))
  }

  /** Bytes of this client that lie anywhere else. */
  feed(bytes: Buffer): void {
    this.#stream.feed(bytes)
  }

  get queuedBytes(): number {
    return this.#raw.writableLength
  }

  write(frames: Buffer): void {
    if (this.#isOpen) writeFrames(this.#raw, frames)
  }

  close(code: number, reason: string): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#pongs?.cancel()
    this.#raw.write(closeFrame(code, reason))
    this.#timer = setTimeout(() => this.#raw.destroy(), CLOSE_MS)
    if (this.#isDeaf) this.#raw.end()
  }

  terminate(): void {
    this.#raw.destroy()
  }

  frame(): boolean {
    return this.#peer?.receiveFrame?.() ?? true
  }

  message(bytes: Buffer): void {
    this.#peer?.receive(bytes)
  }

  binary(): void {
    this.#peer?.fail(new SignalError('E_BINARY'))
  }

  ping(payload: Buffer): void {
    if (!this.#isOpen) return
    this.#pongs ??= new Pongs(this.#raw)
    this.#pongs.owe(payload)
  }

  pong(): void {}

  /** The client's close frame: answered with the same code, or the answer to ours. The server ends the socket first. */
  closed(code: number, reason: string): void {
    this.#isDeaf = true
    this.#closeCode = code
    if (this.#isOpen) this.close(code, reason)
    else this.#raw.end()
  }

  /** The close frame leaves before the hub is told, so that the code isn't preceded by an error frame. */
  broken(code: number): void {
    this.#isDeaf = true
    if (this.#isOpen) this.close(code, '')
    else this.#raw.end()
    this.#peer?.fail(new SignalError(FRAMING_ERRORS[code] ?? 'E_FRAME'))
  }

  endOfChunk(): void {
    this.#hub.endOfChunk?.()
    this.#pongs?.flush()
  }

  /** A client that has ended its side can't answer a close frame. */
  #halfClosed(): void {
    this.#isOpen = false
    this.#pongs?.cancel()
    this.#raw.end()
  }

  #gone(): void {
    this.#isOpen = false
    clearTimeout(this.#timer)
    this.#peer?.gone(this.#closeCode)
    for (const callback of this.#closings) callback()
  }
}

function destroy(this: Duplex): void {
  this.destroy()
}
