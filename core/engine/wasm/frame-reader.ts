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
}
