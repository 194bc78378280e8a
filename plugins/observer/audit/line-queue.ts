/** Where lines go in the end. Calls don't overlap. */
export interface LineTarget {
  append(text: string): Promise<void>
}

/**
 * Takes lines at once and hands them on as fast as the target takes them, many in one piece. Bounded: when too much waits,
 * or the target fails, lines are dropped, and a line that says how many takes their place.
 */
export class LineQueue {
  readonly #target: LineTarget
  readonly #limitBytes: number
  readonly #dropped: (lines: number) => string
  readonly #failed: (error: unknown) => void
  #lines: string[] = []
  #bytes = 0
  #lost = 0
  /** Resolves when everything that has been written so far is with the target, or lost. */
  #writing: Promise<void> | undefined

  /** `dropped` makes the line that stands for lost ones; `failed` is told once for each piece that the target refused. */
  constructor(
    target: LineTarget,
    limitBytes: number,
    { dropped, failed }: { dropped: (lines: number) => string; failed: (error: unknown) => void },
  ) {
    this.#target = target
    this.#limitBytes = limitBytes
    this.#dropped = dropped
    this.#failed = failed
  }

  /** Queues a line, which has no line break. Never throws, never waits. */
  write(line: string): void {
    if (this.#bytes + line.length > this.#limitBytes) {
      this.#lost++
      return
    }
    this.#lines.push(line)
    this.#bytes += line.length
    this.#writing ??= this.#drain().finally(() => {
      this.#writing = undefined
    })
  }

  /** Resolves when nothing waits any more. */
  async flushed(): Promise<void> {
    while (this.#writing !== undefined) await this.#writing
  }

  async #drain(): Promise<void> {
    await Promise.resolve() // what happens in the same tick goes along
    while (this.#lines.length > 0) {
      const lines = this.#lines
      const lost = this.#lost
      this.#lines = []
      this.#bytes = 0
      this.#lost = 0
      const marker = lost === 0 ? '' : `${this.#dropped(lost)}\n`
      try {
        await this.#target.append(`${lines.join('\n')}\n${marker}`)
      } catch (error) {
        this.#lost += lines.length + lost
        this.#failed(error)
      }
    }
  }
}
