/** A line that says how far a long run is and how long it may still take; silent where nobody watches. */

export class Progress {
  readonly #total: number
  readonly #since = Date.now()
  readonly #out: NodeJS.WriteStream
  #done = 0

  constructor(total: number, out: NodeJS.WriteStream = process.stderr) {
    this.#total = total
    this.#out = out
  }

  /** Names what runs next. */
  show(what: string): void {
    if (!this.#out.isTTY) return
    this.#out.write(`\r\x1b[K${this.#done}/${this.#total}  ${this.#left()}  ${what}`)
  }

  step(): void {
    this.#done++
  }

  /** Removes the line, so that results can be printed. */
  clear(): void {
    if (this.#out.isTTY) this.#out.write('\r\x1b[K')
  }

  #left(): string {
    if (this.#done === 0) return 'time left: not known yet'
    const leftMs = ((Date.now() - this.#since) / this.#done) * (this.#total - this.#done)
    return `about ${duration(leftMs)} left`
  }
}

/** `75 s`, `12 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
