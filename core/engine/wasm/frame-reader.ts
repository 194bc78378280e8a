import type { FrameReader } from '../frame-reader.js'

/** What assembly/index.ts exports for it. */
export interface FrameExports {
  chunkPtr(): number
  receivedPtr(): number
  beginChunk(restLength: number, length: number, messageLength: number): void
  nextFrame(): number
}

const CHUNK_BYTES = 65_536

/** The fields of RECEIVED (assembly/layout.ts). */
const START = 0
const END = 1
const NEEDED = 2
const FIELDS = 3
/** Where BEHIND is, from RECEIVED on, and how many bytes it keeps. */
const BEHIND = 16
const COVERED_BYTES = 16

/** See `FrameReader`. */
export class WasmFrameReader implements FrameReader {
  readonly #wasm: FrameExports
  readonly #memory: Buffer
  readonly #received: Int32Array
  readonly #chunkPtr: number
  readonly chunk: Buffer
  busy = false

  /** `memory` is all of linear memory. */
  constructor(wasm: FrameExports, memory: Buffer) {
    this.#wasm = wasm
    this.#memory = memory
    this.#received = new Int32Array(memory.buffer, wasm.receivedPtr(), FIELDS)
    this.#chunkPtr = wasm.chunkPtr()
    this.chunk = memory.subarray(this.#chunkPtr, this.#chunkPtr + CHUNK_BYTES)
  }

  begin(lengthBytes: number, rest: Uint8Array, messageBytes: number): void {
    this.busy = true
    if (rest.length > 0) this.#memory.set(rest, this.#chunkPtr - rest.length)
    this.#wasm.beginChunk(rest.length, lengthBytes, messageBytes)
  }

  next(): number {
    return this.#wasm.nextFrame()
  }

  get payload(): Buffer {
    return this.#memory.subarray(this.payloadStart, this.#received[END]!)
  }

  /** Where the payload begins in linear memory. */
  get payloadStart(): number {
    return this.#received[START]!
  }

  get payloadBytes(): number {
    return this.#received[END]! - this.#received[START]!
  }

  get neededBytes(): number {
    return this.#received[NEEDED]!
  }

  end(): void {
    this.busy = false
  }

  /**
   * After a trap: a copy of what stands behind the payload found last in a chunk of this length; undefined where that
   * can't be told. `inFrame`: the trap was in judging that payload, while NULs covered what is behind it.
   */
  unread(lengthBytes: number, inFrame: boolean): Buffer | undefined {
    const from = this.#received[END]! - this.#chunkPtr
    if (from < 0 || from > lengthBytes) return undefined
    const unread = Buffer.from(this.chunk.subarray(from, lengthBytes))
    const behind = this.#received.byteOffset + BEHIND
    if (inFrame) this.#memory.copy(unread, 0, behind, behind + COVERED_BYTES)
    return unread
  }
}
