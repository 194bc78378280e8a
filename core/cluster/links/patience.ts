/** Without any confirmation for so long, and for twice the time that one takes as a rule, what is late counts as lost. */
const LEAST_MS = 300
const MOST_MS = 5000
/** What a step of time counts for at most: a process that is busy finds its confirmations when it comes to read them. */
const LONGEST_STEP_MS = 100

/**
 * How long a link waits for confirmations. It learns how long they take, from batches that were posted but once; every
 * wait that was in vain doubles the next one.
 */
export class Patience {
  #waitedMs = 0
  #limitMs = LEAST_MS
  #usualMs = 0
  /** The batch that is being timed, and since when; 0: none. */
  #timed = 0
  #since = 0

  /** A batch was posted for the first time, and all before it. */
  posted(batch: number, now: number): void {
    if (this.#timed !== 0) return
    this.#timed = batch
    this.#since = now
  }

  /** What was posted is posted again: its confirmation will tell nothing about time. */
  repeated(): void {
    this.#timed = 0
  }

  /** Batches up to this one were confirmed, and at least one of them only now. */
  rewarded(batch: number, now: number): void {
    this.#waitedMs = 0
    if (this.#timed !== 0 && batch >= this.#timed) {
      this.#usualMs += (now - this.#since - this.#usualMs) / 4
      this.#timed = 0
      this.#limitMs = this.#leastMs
    } else {
      this.#limitMs = Math.max(this.#leastMs, this.#limitMs / 2)
    }
  }

  /** Time goes by in which something is awaited; true when it is over. */
  isOver(elapsedMs: number): boolean {
    this.#waitedMs += Math.min(elapsedMs, LONGEST_STEP_MS)
    if (this.#waitedMs < this.#limitMs) return false
    this.#waitedMs = 0
    this.#limitMs = Math.min(this.#limitMs * 2, MOST_MS)
    return true
  }

  /** Nothing is awaited. */
  rest(): void {
    this.#waitedMs = 0
  }

  /** Waiting begins anew, as if nothing had been in vain. */
  renew(): void {
    this.#waitedMs = 0
    this.#limitMs = this.#leastMs
  }

  get #leastMs(): number {
    return Math.min(LEAST_MS + 2 * this.#usualMs, MOST_MS)
  }
}
