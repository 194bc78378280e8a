import { duration } from '../../bench/progress.js'

/** How often somebody who reads a log is told. */
const LOG_EVERY_MS = 20_000

/** Says how far a run is and how long it may still take: in one line on a terminal, now and then in a log. */
export class Watch {
  readonly #plannedSeconds: number
  readonly #out: NodeJS.WriteStream
  readonly #since = performance.now()
  /** Planned seconds of what is over. */
  #done = 0
  #title = ''
  #seconds = 0
  #toldAt = 0

  constructor(plannedSeconds: number, out: NodeJS.WriteStream = process.stderr) {
    this.#plannedSeconds = plannedSeconds
    this.#out = out
  }

  get elapsed(): string {
    return duration(performance.now() - this.#since)
  }

  /** An experiment of so many planned seconds begins. Call what it returns at its end, for the time it took. */
  begin(title: string, seconds: number): () => string {
    const since = performance.now()
    this.#title = title
    this.#seconds = seconds
    return () => {
      this.#done += seconds
      this.#seconds = 0
      if (this.#out.isTTY) this.#out.write('\r\x1b[K')
      return duration(performance.now() - since)
    }
  }

  /** Something happens in it, after a share of the whole. */
  show(what: string, share: number): void {
    const line = `${this.#title}: ${what}, ${this.#left(share)}`
    const now = performance.now()
    if (this.#out.isTTY) {
      this.#out.write(`\r\x1b[K${line.slice(0, 110)}`)
    } else if (now - this.#toldAt > LOG_EVERY_MS) {
      this.#toldAt = now
      this.#out.write(`${line}\n`)
    }
  }

  /** What the plan says is left, at the pace so far. */
  #left(share: number): string {
    const done = this.#done + this.#seconds * share
    const elapsedMs = performance.now() - this.#since
    const pace = done > 10 ? elapsedMs / done : 1000
    return `about ${duration((this.#plannedSeconds - done) * pace)} left`
  }
}
