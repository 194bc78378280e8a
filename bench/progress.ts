/** How far a long run is and how long it may still take: a line that is replaced on a terminal, one now and then in a log. */

/** Between two lines of a log, milliseconds; a run that is shorter leaves none. */
const LOG_EVERY_MS = 30_000

export class Progress {
  readonly #total: number
  readonly #out: NodeJS.WriteStream
  readonly #now: () => number
  readonly #since: number
  #loggedAt: number
  #done = 0

  constructor(total: number, out: NodeJS.WriteStream = process.stderr, now: () => number = Date.now) {
    this.#total = total
    this.#out = out
    this.#now = now
    this.#since = this.#loggedAt = now()
  }

  /** Names what runs next. */
  show(what: string): void {
    const line = `${this.#done}/${this.#total}  ${this.#left()}  ${what}`
    if (this.#out.isTTY) {
      this.#out.write(`\r\x1b[K${line}`)
    } else if (this.#now() - this.#loggedAt >= LOG_EVERY_MS) {
      this.#loggedAt = this.#now()
      this.#out.write(`${line}\n`)
    }
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
    const leftMs = ((this.#now() - this.#since) / this.#done) * (this.#total - this.#done)
    return `about ${duration(leftMs)} left`
  }
}

/** `75 s`, `12 min`. */
export function duration(ms: number): string {
  const seconds = Math.max(0, Math.round(ms / 1000))
  return seconds < 120 ? `${seconds} s` : `${Math.round(seconds / 60)} min`
}
