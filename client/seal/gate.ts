/** Open while there is a connection: whoever comes meanwhile waits in front of it. */
export class Gate {
  #isOpen = false
  #ended = false
  #waiting = deferred()

  get isOpen(): boolean {
    return this.#isOpen
  }

  /** Resolves when the gate is open, at once if it is; rejects when it has ended. */
  get passed(): Promise<void> {
    return this.#waiting.promise
  }

  open(): void {
    if (this.#ended) return
    this.#isOpen = true
    this.#waiting.resolve()
  }

  shut(): void {
    if (!this.#isOpen) return
    this.#isOpen = false
    this.#waiting = deferred()
  }

  /** For good. */
  end(error: Error): void {
    this.shut()
    this.#ended = true
    this.#waiting.reject(error)
  }
}

function deferred() {
  let resolve!: () => void
  let reject!: (error: Error) => void
  const promise = new Promise<void>((kept, broken) => {
    resolve = kept
    reject = broken
  })
  promise.catch(() => {})
  return { promise, resolve, reject }
}
