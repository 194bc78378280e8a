import type { FrameLog } from './frame-log.js'
import { type Positions, positionOf } from './positions.js'

/** What is kept for a client to come back to. */
export interface ReplayBounds {
  readonly replayFrames: number
  readonly replayBytes: number
}

/** Copies of the newest frames of a session that has no socket, within bounds: the oldest fall out. */
export class KeptFrames {
  readonly #bounds: ReplayBounds
  readonly #frames: Buffer[] = []
  bytes = 0

  constructor(bounds: ReplayBounds, frames: readonly Buffer[] = []) {
    this.#bounds = bounds
    for (const frame of frames) this.add(frame)
  }

  /** Copies those from `oldest` to `newest`, as far as they are within the bounds and still in the log. */
  static of(
    log: FrameLog,
    ring: Positions,
    oldest: number,
    newest: number,
    bounds: ReplayBounds,
  ): KeptFrames {
    let first = newest + 1
    for (let bytes = 0; first > oldest && newest - first + 1 < bounds.replayFrames; first--) {
      const position = positionOf(ring, first - 1)
      if (!log.has(position)) break
      bytes += log.lengthAt(position)
      if (bytes > bounds.replayBytes) break
    }
    const kept = new KeptFrames(bounds)
    for (let number = first; number <= newest; number++) kept.add(log.copyOf(positionOf(ring, number)))
    return kept
  }

  /** Oldest first. */
  get frames(): readonly Buffer[] {
    return this.#frames
  }

  /** Keeps one more, which is its own from now on. */
  add(frame: Buffer): void {
    const { replayFrames, replayBytes } = this.#bounds
    this.#frames.push(frame)
    this.bytes += frame.length
    while (this.#frames.length > replayFrames || this.bytes > replayBytes) {
      this.bytes -= this.#frames.shift()!.length
    }
  }

  clear(): void {
    this.#frames.length = 0
    this.bytes = 0
  }
}
