/**
 * The file in which sessions wait from the end of one process until the beginning of the next: lines of JSON between a
 * line that says what it is and one with the SHA-256 of all before it. It holds what clients were sent (SDP, candidates)
 * and hashes of tickets: only its owner may read it, it is there for moments, and each is taken once.
 */

import { createHash } from 'node:crypto'
import { closeSync, fsyncSync, openSync, readFileSync, renameSync, rmSync, writeSync } from 'node:fs'
import type { Logger } from 'pino'
import { fromLine, type SavedSession, toLine } from './saved-session.js'

const HEAD = { signalbox: 'sessions', version: 2 } as const
/** What a process leaves to the next. */
export interface Legacy {
  readonly sessions: Iterable<SavedSession>
  /** As which nodes of a cluster these sessions' tickets may know it: its own incarnation, and those before. */
  readonly incarnations: readonly string[]
}

/** Lines are written in pieces of about this size. */
const PIECE_BYTES = 1024 * 1024

export class SessionFile {
  readonly #path: string
  readonly #logger: Logger

  constructor(path: string, logger: Logger) {
    this.#path = path
    this.#logger = logger
  }

  /** Replaces the file, at once or not at all. Throws what the file system says. */
  write({ sessions, incarnations }: Legacy, now: number): void {
    const unfinished = `${this.#path}.${process.pid}`
    rmSync(unfinished, { force: true })
    const file = openSync(unfinished, 'wx', 0o600)
    try {
      const hash = createHash('sha256')
      let piece = ''
      const flush = () => {
        hash.update(piece)
        writeSync(file, piece)
        piece = ''
      }
      piece = `${JSON.stringify({ ...HEAD, writtenAt: now, incarnations })}\n`
      for (const session of sessions) {
        piece += `${toLine(session)}\n`
        if (piece.length >= PIECE_BYTES) flush()
      }
      flush()
      writeSync(file, `${JSON.stringify({ sha256: hash.digest('hex') })}\n`)
      fsyncSync(file)
    } finally {
      closeSync(file)
    }
    renameSync(unfinished, this.#path)
  }

  /**
   * What the file holds, and removes it first, so that no ticket is good twice. Nothing, and a line in the log, when it
   * is damaged, of another version, or was written more than `maxAgeMs` before `now`; nothing at all when there is none.
   */
  take(now: number, maxAgeMs: number): Legacy & { readonly sessions: readonly SavedSession[] } {
    let bytes: Buffer
    try {
      bytes = readFileSync(this.#path)
      rmSync(this.#path)
    } catch (error) {
      if ((error as NodeJS.ErrnoException).code !== 'ENOENT')
        this.#refuse('it could not be read and removed', error)
      return NOTHING
    }
    try {
      const lines = checkedLines(bytes)
      const { signalbox, version, writtenAt, incarnations } = JSON.parse(lines[0] ?? '{}')
      if (signalbox !== HEAD.signalbox || version !== HEAD.version)
        return this.#refuse('another version wrote it')
      if (now - writtenAt > maxAgeMs) return this.#refuse('it is too old')
      return { sessions: lines.slice(1).map(fromLine), incarnations }
    } catch (error) {
      return this.#refuse('it is damaged', error)
    }
  }

  #refuse(why: string, error?: unknown): typeof NOTHING {
    this.#logger.warn(
      { file: this.#path, ...(error === undefined ? {} : { err: error }) },
      `sessions are lost: ${why}`,
    )
    return NOTHING
  }
}

const NOTHING = { sessions: [], incarnations: [] } as const

/** Every line but the last, which must be the hash of the others. */
function checkedLines(bytes: Buffer): string[] {
  const end = bytes.lastIndexOf('\n', bytes.length - 2) + 1
  const { sha256 } = JSON.parse(bytes.toString('utf8', end))
  if (createHash('sha256').update(bytes.subarray(0, end)).digest('hex') !== sha256)
    throw new Error('wrong checksum')
  const lines: string[] = []
  for (let at = 0; at < end; ) {
    const next = bytes.indexOf('\n', at) + 1
    lines.push(bytes.toString('utf8', at, next - 1))
    at = next
  }
  return lines
}
