interface Receipt {
  readonly promise: Promise<void>
  resolve(): void
  reject(error: Error): void
}

/**
 * Receipts for a stream that is answered in its order: one question behind whatever was written covers all of it.
 * At most one question is under way, so that a slow broker is asked no more often than it answers.
 */
export class Receipts {
  readonly #ask: () => Promise<unknown>
  /** What the question under way covers. */
  #asked: Receipt | undefined
  /** What the next one will cover. */
  #next: Receipt | undefined
  #closed: Error | undefined

  /** `ask` puts a question behind everything written so far and resolves with the answer. */
  constructor(ask: () => Promise<unknown>) {
    this.#ask = ask
  }

  /** Resolves once everything that was written before this call has been answered for; rejects when it won't be. */
  next(): Promise<void> {
    if (this.#closed !== undefined) return Promise.reject(this.#closed)
    if (this.#next === undefined) {
      this.#next = receipt()
      // What else is written in this turn goes under the same receipt.
      if (this.#asked === undefined) queueMicrotask(() => this.#go())
    }
    return this.#next.promise
  }

  /** Nothing will be answered any more: all that wait are told. */
  close(error: Error): void {
    this.#closed ??= error
    this.#asked?.reject(this.#closed)
    this.#next?.reject(this.#closed)
  }

  #go(): void {
    const asked = this.#next
    if (asked === undefined || this.#closed !== undefined) return
    this.#asked = asked
    this.#next = undefined
    this.#ask().then(
      () => {
        this.#asked = undefined
        asked.resolve()
        this.#go()
      },
      (error) => this.close(error),
    )
  }
}

function receipt(): Receipt {
  let settle: Omit<Receipt, 'promise'> | undefined
  const promise = new Promise<void>((resolve, reject) => {
    settle = { resolve, reject }
  })
  return { promise, ...settle! }
}
