import { closeCodeOf } from '../../errors.js'
import type { FrameReader } from '../frame-reader.js'
import type { WasmFrameReader } from '../wasm/frame-reader.js'

const NOTHING = new Uint8Array(0)

/** What `next` returns when the engine fails in it: the close code of E_INTERNAL, negated. */
const LOST = -closeCodeOf('E_INTERNAL')

/** See `FrameReader`: one that goes on when the instance behind it is discarded, also in the middle of a chunk. */
export class SurvivingFrameReader implements FrameReader {
  #reader: WasmFrameReader
  /** Discards the instance after a trap, calls `moveTo`; throws what isn't a trap. */
  readonly #failed: (error: unknown) => void
  /** How long the chunk is that is being read. */
  #lengthBytes = 0
  /** Whether the end of the chunk that is being read was lost with its instance. */
  #isLost = false

  constructor(reader: WasmFrameReader, failed: (error: unknown) => void) {
    this.#reader = reader
    this.#failed = failed
  }

  get chunk(): Buffer {
    return this.#reader.chunk
  }

  get busy(): boolean {
    return this.#reader.busy
  }

  begin(lengthBytes: number, rest: Uint8Array, messageBytes: number): void {
    this.#lengthBytes = lengthBytes
    this.#reader.begin(lengthBytes, rest, messageBytes)
  }

  next(): number {
    if (this.#isLost) return LOST
    try {
      return this.#reader.next()
    } catch (error) {
      this.#failed(error)
      return LOST
    }
  }

  get payload(): Buffer {
    return this.#reader.payload
  }

  get payloadBytes(): number {
    return this.#reader.payloadBytes
  }

  get neededBytes(): number {
    return this.#reader.neededBytes
  }

  end(): void {
    this.#isLost = false
    this.#reader.end()
  }

  /**
   * Reads with another instance from now on. What of a chunk hasn't been read moves along: between two frames, while
   * no message is unfinished, since nothing else has the hub do anything. `inFrame`: the payload found last was being
   * judged where it lies.
   */
  moveTo(reader: WasmFrameReader, inFrame: boolean): void {
    const old = this.#reader
    this.#reader = reader
    if (!old.busy) return
    const unread = old.unread(this.#lengthBytes, inFrame)
    old.end()
    this.#isLost = unread === undefined
    if (unread) reader.chunk.set(unread)
    this.#lengthBytes = unread?.length ?? 0
    reader.begin(this.#lengthBytes, NOTHING, -1)
  }
}
