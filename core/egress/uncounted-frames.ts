/** Frames without a number, in the order of what is written: each follows the counted frame of some number. */
export class UncountedFrames {
  readonly #frames: { after: number; readonly frame: Buffer }[] = []
  #next = 0
  bytes = 0

  add(frame: Buffer, after: number): void {
    this.#frames.push({ after, frame })
    this.bytes += frame.length
  }

  get count(): number {
    return this.#frames.length
  }

  /** All of them are to follow this one. */
  moveBehind(number: number): void {
    for (const one of this.#frames) one.after = number
  }

  /** Copies those to `target` that follow this number, and haven't been taken; returns where they end. */
  take(number: number, target: Buffer, at: number): number {
    let end = at
    while (this.#next < this.#frames.length && this.#frames[this.#next]!.after <= number) {
      end += this.#frames[this.#next++]!.frame.copy(target, end)
    }
    return end
  }
}
