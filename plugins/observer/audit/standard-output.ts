import type { Writable } from 'node:stream'

/** The process' standard output as a place for lines. A reader that is slow, or gone, is waited for by nobody else. */
export class StandardOutput {
  readonly #stream: Writable

  constructor(stream: Writable = process.stdout) {
    this.#stream = stream
  }

  /** A reader that goes away is no reason for the process to end: `append` rejects, and that is all. */
  async open(): Promise<void> {
    this.#stream.on('error', ignore)
  }

  /** Resolves when the stream has taken it. */
  append(text: string): Promise<void> {
    return new Promise((resolve, reject) => {
      this.#stream.write(text, (error) => (error ? reject(error) : resolve()))
    })
  }

  /** Standard output isn't ours to close. */
  async close(): Promise<void> {
    this.#stream.off('error', ignore)
  }
}

const ignore = (): void => {}
