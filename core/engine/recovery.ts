import { ENGINE_FAULT, ENGINE_FAULT_AGAIN, type Engine, type FieldName, type Survival } from './engine.js'
import { JsEngine } from './js.js'
import { SurvivingFrameReader } from './recovery/frame-reader.js'
import { WasmEngine } from './wasm.js'

/** Messages of one peer on which the engine may fail before that peer is closed. */
const FAULTS_A_PEER = 2
/** Rebuilds within `REBUILDS_MS` after which WebAssembly is given up for the rest of the process. */
const REBUILDS = 8
const REBUILDS_MS = 60_000

/**
 * The WebAssembly engine, and what happens when it traps: the instance is discarded, another one is filled from the
 * hub's own tables, and everything goes on. What peers and rooms do is done again there, so that nobody notices. A
 * message that was being judged isn't judged again, for its bytes may be half overwritten: it is refused
 * (`ENGINE_FAULT`), nothing of it has left. Failing eight times a minute is no accident: from then on messages are
 * judged in JavaScript, which gives the same verdicts and can't trap.
 */
export class RecoveringEngine implements Engine {
  readonly name = 'wasm'
  readonly frames: SurvivingFrameReader
  /** Finds frames; judges messages too until it is given up. */
  #wasm: WasmEngine
  #judge: Engine
  readonly #make: () => WasmEngine
  readonly #now: () => number
  #survival: Survival = { replay() {}, told() {} }
  /** How many messages of a peer the engine has failed on, by slot. */
  readonly #faults = new Map<number, number>()
  /** When the last rebuilds were, oldest first. */
  readonly #rebuilds: number[] = []
  /** The `id` of the message that the engine has just failed on. */
  #faultId = 0

  /** `make` gives an empty instance; `now` is a clock in milliseconds. */
  constructor(make: () => WasmEngine = () => new WasmEngine(), now: () => number = () => performance.now()) {
    this.#make = make
    this.#now = now
    this.#wasm = make()
    this.#judge = this.#wasm
    this.frames = new SurvivingFrameReader(this.#wasm.frames, (error) => this.#rebuild(trap(error), false))
  }

  survive(survival: Survival): void {
    this.#survival = survival
  }

  distrust(error: Error): void {
    this.#rebuild(error, false)
  }

  addPeer(slot: number, id: string): void {
    this.#surely((engine) => engine.addPeer(slot, id))
  }

  removePeer(slot: number): void {
    this.#faults.delete(slot)
    this.#surely((engine) => engine.removePeer(slot))
  }

  addRoom(room: number, name: string): void {
    this.#surely((engine) => engine.addRoom(room, name))
  }

  removeRoom(room: number): void {
    this.#surely((engine) => engine.removeRoom(room))
  }

  join(slot: number, room: number, rights: number): boolean {
    return this.#surely((engine, isAgain) => {
      if (isAgain) engine.leave(slot, room) // nothing, or what a replay has brought
      return engine.join(slot, room, rights)
    })
  }

  setRights(slot: number, room: number, rights: number): void {
    this.#surely((engine) => engine.setRights(slot, room, rights))
  }

  leave(slot: number, room: number): void {
    this.#surely((engine) => engine.leave(slot, room))
  }

  ingest(sender: number, message: Uint8Array): number {
    this.#faultId = 0
    try {
      return this.#judge.ingest(sender, message)
    } catch (error) {
      return this.#failed(sender, error, idOf(this.#judge, message), false)
    }
  }

  ingestFrame(sender: number): number {
    this.#faultId = 0
    const wasm = this.#wasm
    if (this.#judge !== wasm) return this.#judge.ingest(sender, wasm.frames.payload)
    try {
      return wasm.ingestFrame(sender)
    } catch (error) {
      return this.#failed(sender, error, idOf(wasm, wasm.frames.payload), true)
    }
  }

  get id(): number {
    return this.#faultId === 0 ? this.#judge.id : this.#faultId
  }

  get seen(): number {
    return this.#judge.seen
  }

  get field(): FieldName {
    return this.#judge.field
  }

  get roomName(): string {
    return this.#judge.roomName
  }

  get dataStart(): number {
    return this.#judge.dataStart
  }

  get dataEnd(): number {
    return this.#judge.dataEnd
  }

  get dataText(): string {
    return this.#judge.dataText
  }

  get room(): number {
    return this.#judge.room
  }

  get to(): string {
    return this.#judge.to
  }

  get recipientCount(): number {
    return this.#judge.recipientCount
  }

  get recipients(): Int32Array {
    return this.#judge.recipients
  }

  get frameBytes(): number {
    return this.#judge.frameBytes
  }

  writeFrame(target: Buffer, offset: number): void {
    this.#judge.writeFrame(target, offset)
  }

  /**
   * Changes the tables, after a trap once more: the rebuilt ones show the change already, or don't, and must be the
   * same in the end. Ends, since after `REBUILDS` traps there is nothing left that traps.
   */
  #surely<T>(step: (engine: Engine, isAgain: boolean) => T): T {
    for (let isAgain = false; ; isAgain = true) {
      try {
        return step(this.#judge, isAgain)
      } catch (error) {
        this.#rebuild(trap(error), false)
      }
    }
  }

  #failed(sender: number, error: unknown, id: number, inFrame: boolean): number {
    this.#rebuild(trap(error), inFrame)
    this.#faultId = id
    const faults = (this.#faults.get(sender) ?? 0) + 1
    this.#faults.set(sender, faults)
    return faults > FAULTS_A_PEER ? ENGINE_FAULT_AGAIN : ENGINE_FAULT
  }

  /** `inFrame`: it happened in `ingestFrame`. */
  #rebuild(error: Error, inFrame: boolean): void {
    const began = this.#now()
    this.#rebuilds.push(began)
    while (began - this.#rebuilds[0]! >= REBUILDS_MS) this.#rebuilds.shift()
    const wasGivenUp = this.#judge !== this.#wasm
    this.#wasm = this.#make()
    this.frames.moveTo(this.#wasm.frames, inFrame)
    if (!wasGivenUp) this.#judge = this.#refilled()
    const engine = this.#judge.name
    this.#survival.told({ error, engine, tookMs: this.#now() - began })
  }

  /** The engine that judges from now on, with everybody in it. */
  #refilled(): Engine {
    if (this.#rebuilds.length < REBUILDS) {
      try {
        this.#survival.replay(this.#wasm)
        return this.#wasm
      } catch {
        // An instance that fails on the hub's own tables can't be used.
      }
    }
    const js = new JsEngine()
    this.#survival.replay(js)
    return js
  }
}

/** Only a trap is the instance's fault; anything else is passed on. */
function trap(error: unknown): Error {
  if (error instanceof WebAssembly.RuntimeError) return error
  throw error
}

/** What the trapped engine has read of the message's `id`; where it didn't get so far, what the message says. */
function idOf(engine: Engine, message: Uint8Array): number {
  if (isId(engine.id)) return engine.id
  try {
    const { id } = JSON.parse(Buffer.from(message).toString()) as { id?: unknown }
    return isId(id) ? id : 0
  } catch {
    return 0
  }
}

const isId = (id: unknown): id is number => Number.isSafeInteger(id) && (id as number) > 0
