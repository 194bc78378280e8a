import { type FileHandle, open, rename } from 'node:fs/promises'

/** Only the server's own user may read who talks to whom. */
const MODE = 0o600

/**
 * A file that lines are appended to. When it would grow beyond `maxBytes` it becomes `<path>.1`, `.1` becomes `.2` and so
 * on; the oldest of `keep` such files is overwritten. Calls must not overlap.
 */
export class LineFile {
  readonly #path: string
  readonly #maxBytes: number
  readonly #keep: number
  #file: FileHandle | undefined
  #bytes = 0

  constructor(path: string, maxBytes: number, keep: number) {
    this.#path = path
    this.#maxBytes = maxBytes
    this.#keep = keep
  }

  /** Opens the file, which may have lines already. Rejects when it can't be written. */
  async open(): Promise<void> {
    this.#file = await open(this.#path, 'a', MODE)
    this.#bytes = (await this.#file.stat()).size
  }

  /** Rejects when the disk doesn't take it; the next call tries again with what it is given. */
  async append(text: string): Promise<void> {
    const bytes = Buffer.byteLength(text)
    if (this.#bytes > 0 && this.#bytes + bytes > this.#maxBytes) await this.#rotate()
    if (this.#file === undefined) await this.open()
    await this.#file!.appendFile(text)
    this.#bytes += bytes
  }

  async close(): Promise<void> {
    const file = this.#file
    this.#file = undefined
    await file?.close()
  }

  async #rotate(): Promise<void> {
    await this.close()
    for (let i = this.#keep - 1; i >= 0; i--) {
      const from = i === 0 ? this.#path : `${this.#path}.${i}`
      await rename(from, `${this.#path}.${i + 1}`).catch(ignoreAbsent)
    }
  }
}

function ignoreAbsent(error: NodeJS.ErrnoException): void {
  if (error.code !== 'ENOENT') throw error
}
