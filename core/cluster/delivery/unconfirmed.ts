/** As many ids in front are forgotten together. */
const FORGET = 1024

/**
 * A session's messages that other nodes haven't confirmed: their ids, and for each over how many links it went. What
 * stands before the oldest of them is done.
 */
export class Unconfirmed {
  /** Ascending, from `#head` on. */
  #ids: number[] = []
  #links: number[] = []
  #head = 0

  get isEmpty(): boolean {
    return this.#head === this.#ids.length
  }

  /** The id of the oldest one. Not to be asked when it is empty. */
  get oldest(): number {
    return this.#ids[this.#head]!
  }

  /** Message `id` went over one link more; ids ascend. */
  add(id: number): void {
    const last = this.#ids.length - 1
    if (last >= this.#head && this.#ids[last] === id) {
      this.#links[last]!++
      return
    }
    this.#ids.push(id)
    this.#links.push(1)
  }

  /** One of the links that message `id` went over has confirmed it. True when the oldest message is another one now. */
  confirm(id: number): boolean {
    const at = this.#find(id)
    if (at === -1 || --this.#links[at]! > 0 || at !== this.#head) return false
    while (this.#head < this.#ids.length && this.#links[this.#head] === 0) this.#head++
    if (this.isEmpty) this.#forget()
    else if (this.#head >= FORGET && this.#head * 2 > this.#ids.length) this.#forget()
    return true
  }

  /** Links don't confirm in the same order, so it may be anywhere; as a rule it is near the front. */
  #find(id: number): number {
    let low = this.#head
    let high = this.#ids.length - 1
    while (low <= high) {
      const middle = (low + high) >>> 1
      const found = this.#ids[middle]!
      if (found === id) return middle
      if (found < id) low = middle + 1
      else high = middle - 1
    }
    return -1
  }

  #forget(): void {
    if (this.isEmpty) {
      this.#ids.length = 0
      this.#links.length = 0
    } else {
      this.#ids = this.#ids.slice(this.#head)
      this.#links = this.#links.slice(this.#head)
    }
    this.#head = 0
  }
}
