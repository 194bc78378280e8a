/** A `FrameStream` over a real engine, that writes down what it is told as `ReceiverOracle` does. */

import { RIGHTS } from '../../../../core/engine/engine.js'
import { type WasmBuild, WasmEngine } from '../../../../core/engine/wasm.js'
import { ERRORS } from '../../../../core/errors.js'
import { type FrameHandler, FrameStream } from '../../../../plugins/transport/ws/frame-stream.js'
import { idOf } from '../../../core/engine/world.js'

/** An engine in which slot 0 is in the room `lobby` with slot 1, so that its messages become frames in place. */
export function engineWithLobby(build: WasmBuild): WasmEngine {
  const engine = new WasmEngine(build)
  engine.addRoom(0, 'lobby')
  for (const slot of [0, 1]) {
    engine.addPeer(slot, idOf(slot))
    engine.join(slot, 0, RIGHTS.signal | RIGHTS.publish)
  }
  return engine
}

export class RecordedStream implements FrameHandler {
  readonly events: string[] = []
  readonly #engine: WasmEngine
  readonly #stream: FrameStream
  chunks = 0

  constructor(engine: WasmEngine) {
    this.#engine = engine
    this.#stream = new FrameStream(engine.frames, this)
  }

  /** As the socket does whose reads land in the engine's memory; longer chunks come as from any other. */
  feed(chunk: Buffer): void {
    const { frames } = this.#engine
    if (chunk.length > frames.chunk.length) {
      this.#stream.feed(chunk)
    } else {
      frames.chunk.set(chunk)
      this.#stream.read(chunk.length)
    }
  }

  /** As a socket does whose reads land elsewhere. */
  feedAnywhere(chunk: Buffer): void {
    this.#stream.feed(chunk)
  }

  frame(): boolean {
    const text = this.#engine.frames.payload.toString('latin1')
    if (this.#engine.ingestFrame(0) === ERRORS.E_UTF8.verdict) return false
    this.events.push(`text ${text}`)
    return true
  }

  message(bytes: Buffer): void {
    this.events.push(`text ${bytes.toString('latin1')}`)
  }

  binary(): void {
    this.events.push('binary')
  }

  ping(payload: Buffer): void {
    this.events.push(`ping ${payload.toString('latin1')}`)
  }

  pong(payload: Buffer): void {
    this.events.push(`pong ${payload.toString('latin1')}`)
  }

  closed(code: number, reason: string): void {
    this.events.push(`close ${code} ${reason}`)
  }

  broken(code: number): void {
    this.events.push(`broken ${code}`)
  }

  endOfChunk(): void {
    this.chunks++
  }
}
