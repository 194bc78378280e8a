/** The engine in WebAssembly. This file and those in `wasm/` are all that touches its linear memory. */

import { randomBytes } from 'node:crypto'
import { readFileSync } from 'node:fs'
import { instantiateSync } from '@assemblyscript/loader'
import { LIMITS } from '../protocol.js'
import { checkPeer, checkRoom } from './check.js'
import { type Engine, FIELDS, type FieldName } from './engine.js'
import { type FrameExports, WasmFrameReader } from './wasm/frame-reader.js'

/**
 * `release` is what a server runs; `debug` has names, and no optimisation to hide behind; `scalar` is `release`
 * without SIMD, to see what that is worth.
 */
export type WasmBuild = 'release' | 'debug' | 'scalar'

/** Mirrors assembly/index.ts. */
interface Exports extends FrameExports, Record<string, unknown> {
  readonly memory: WebAssembly.Memory
  inputPtr(): number
  resultPtr(): number
  framePtr(): number
  recipientsPtr(): number
  start(seedLow: number, seedHigh: number): void
  addPeer(slot: number): void
  removePeer(slot: number): void
  addRoom(room: number, nameLen: number): void
  join(slot: number, room: number, rights: number): number
  setRights(slot: number, room: number, rights: number): void
  leave(slot: number, room: number): void
  ingest(sender: number, length: number): number
  ingestFrame(sender: number): number
}

/** The fields of RESULT (assembly/layout.ts): two f64, then i32, as indices of the views over them. */
const ID = 0
const SEEN = 1
const FIELD = 4
const NAME = 5
const NAME_LEN = 6
const DATA_START = 7
const DATA_END = 8
const ROOM = 9
const RECIPIENTS = 10
const FRAME_BYTES = 11
const TO = 12

/** Frames are copied out by so many bytes, so that a few views serve all lengths. */
const BLOCK_SHIFT = 6
const BLOCK_BYTES = 1 << BLOCK_SHIFT

const modules = new Map<WasmBuild, WebAssembly.Module>()

/** Compiled once and shared by all instances. */
function compiled(build: WasmBuild): WebAssembly.Module {
  let module = modules.get(build)
  if (!module) {
    const url = new URL(`../../assembly/${build}.wasm`, import.meta.url)
    module = new WebAssembly.Module(readFileSync(url))
    const imports = WebAssembly.Module.imports(module)
    // A module that can call nothing can't reach anything but its own memory.
    if (imports.length > 0) throw new Error(`${url.pathname} must not import ${imports[0]?.name}`)
    modules.set(build, module)
  }
  return module
}

/** See `Engine`. Linear memory is 120 MiB of address space, of which only touched pages cost memory. */
export class WasmEngine implements Engine {
  readonly name = 'wasm'
  readonly frames: WasmFrameReader
  readonly #wasm: Exports
  /** All of linear memory. */
  #memory!: Buffer
  #input!: Buffer
  #result!: Int32Array
  #numbers!: Float64Array
  recipients!: Int32Array
  /** Views of the frame, by how many blocks they hold; made when first needed, since a view made for each is garbage. */
  readonly #blocks: (Uint8Array | undefined)[] = []
  /** Where the message lies in linear memory. */
  #message = 0

  constructor(build: WasmBuild = process.env.SIGNALBOX_ENGINE_DEBUG === '1' ? 'debug' : 'release') {
    this.#wasm = instantiateSync<Exports>(compiled(build)).exports
    const seed = randomBytes(8)
    this.#wasm.start(seed.readInt32LE(0), seed.readInt32LE(4))
    this.#bindViews()
    this.frames = new WasmFrameReader(this.#wasm, this.#memory)
  }

  /** Memory never grows, so views stay valid. If it ever did, they would have to be made anew here, and only here. */
  #bindViews(): void {
    const { buffer } = this.#wasm.memory
    this.#memory = Buffer.from(buffer)
    this.#input = Buffer.from(buffer, this.#wasm.inputPtr(), LIMITS.messageBytes)
    this.#result = new Int32Array(buffer, this.#wasm.resultPtr(), 16)
    this.#numbers = new Float64Array(buffer, this.#wasm.resultPtr(), 2)
    this.recipients = new Int32Array(buffer, this.#wasm.recipientsPtr())
  }

  /** For the tests that watch what changes in it. */
  get memory(): Buffer {
    return this.#memory
  }

  addPeer(slot: number, id: string): void {
    checkPeer(slot, id)
    this.#input.write(id, 'latin1')
    this.#wasm.addPeer(slot)
  }

  removePeer(slot: number): void {
    this.#wasm.removePeer(slot)
  }

  addRoom(room: number, name: string): void {
    checkRoom(room, name)
    this.#wasm.addRoom(room, this.#input.write(name, 'utf8'))
  }

  removeRoom(_room: number): void {
    // A room is reached through its members' records alone; an empty one is out of reach already.
  }

  join(slot: number, room: number, rights: number): boolean {
    return this.#wasm.join(slot, room, rights) !== 0
  }

  setRights(slot: number, room: number, rights: number): void {
    this.#wasm.setRights(slot, room, rights)
  }

  leave(slot: number, room: number): void {
    this.#wasm.leave(slot, room)
  }

  ingest(sender: number, message: Uint8Array): number {
    this.#message = this.#input.byteOffset
    if (message.length <= LIMITS.messageBytes) this.#input.set(message)
    return this.#wasm.ingest(sender, message.length)
  }

  ingestFrame(sender: number): number {
    this.#message = this.frames.payloadStart
    return this.#wasm.ingestFrame(sender)
  }

  get id(): number {
    return this.#numbers[ID]!
  }

  get seen(): number {
    return this.#numbers[SEEN]!
  }

  get field(): FieldName {
    return FIELDS[this.#result[FIELD]!]!
  }

  get roomName(): string {
    const start = this.#result[NAME]!
    return this.#memory.toString('utf8', start, start + this.#result[NAME_LEN]!)
  }

  get dataStart(): number {
    return this.#result[DATA_START]!
  }

  get dataEnd(): number {
    return this.#result[DATA_END]!
  }

  get dataText(): string {
    const start = this.dataStart
    const end = this.dataEnd
    return end === 0 ? 'null' : this.#memory.toString('utf8', this.#message + start, this.#message + end)
  }

  get room(): number {
    return this.#result[ROOM]!
  }

  get to(): string {
    const start = this.#result[TO]!
    return this.#memory.toString('latin1', start, start + LIMITS.peerIdBytes)
  }

  get recipientCount(): number {
    return this.#result[RECIPIENTS]!
  }

  get frameBytes(): number {
    return this.#result[FRAME_BYTES]!
  }

  writeFrame(target: Buffer, offset: number): void {
    const blocks = (this.#result[FRAME_BYTES]! + BLOCK_BYTES - 1) >> BLOCK_SHIFT
    target.set(this.#blocks[blocks] ?? this.#viewOf(blocks), offset)
  }

  #viewOf(blocks: number): Uint8Array {
    const view = new Uint8Array(this.#wasm.memory.buffer, this.#wasm.framePtr(), blocks << BLOCK_SHIFT)
    this.#blocks[blocks] = view
    return view
  }
}
