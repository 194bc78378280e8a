/** When a worker that has died is replaced: soon, and later each time it dies young. */

/** The first wait, and the longest, milliseconds. Each is drawn between a half and the whole of what is due. */
const FIRST_MS = 100
const LONGEST_MS = 5000
/** Whoever has served so long is in health: the next wait is the first again. */
const HEALTHY_AFTER_MS = 10_000
/** So many deaths in so long are told once as what they are: somebody must look. */
const TOO_MANY = 10
const WITHIN_MS = 60_000

export class Backoff {
  readonly #random: () => number
  #dueMs = FIRST_MS
  #deaths: number[] = []

  /** `random`: from 0 to 1, 1 excluded. */
  constructor(random: () => number = Math.random) {
    this.#random = random
  }

  /**
   * To be told of each death: how long to wait, and whether this was one too many. `servedMs`: how long the dead one had
   * been ready, 0 when it never was. One that has served is a success, and the count of those before it starts anew.
   */
  died(nowMs: number, servedMs: number): { readonly waitMs: number; readonly isHopeless: boolean } {
    if (servedMs >= HEALTHY_AFTER_MS) {
      this.#dueMs = FIRST_MS
      this.#deaths = []
    }
    this.#deaths = this.#deaths.filter((at) => nowMs - at < WITHIN_MS)
    this.#deaths.push(nowMs)
    const waitMs = this.#dueMs * (0.5 + this.#random() / 2)
    this.#dueMs = Math.min(LONGEST_MS, 2 * this.#dueMs)
    const isHopeless = this.#deaths.length >= TOO_MANY
    if (isHopeless) this.#deaths = []
    return { waitMs, isHopeless }
  }
}
