import { type ChildProcess, fork } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import type { Garbage } from './garbage.js'
import type { Rules } from './nanoseconds.js'

/** What to measure in a case: its time, or the garbage of so many messages. */
export interface Question {
  readonly case: string
  readonly rules: Rules
  readonly garbageMessages?: number
}

export interface Answer {
  readonly nanoseconds?: number
  readonly garbage?: Garbage
  /** Which share of a core others took meanwhile. */
  readonly othersShare: number
}

const PROGRAM = fileURLToPath(new URL('./variant-program.js', import.meta.url))

/**
 * A variant that is measured in a process of its own, as a server has one engine: what a compiler knows of functions
 * that several engines share is worth less to each of them.
 */
export class VariantProcess {
  readonly name: string
  readonly #child: ChildProcess
  /** Rejects when the process has ended. */
  readonly #ended: Promise<never>

  constructor(name: string) {
    this.name = name
    this.#child = fork(PROGRAM, [name])
    this.#ended = once(this.#child, 'exit').then(() => {
      throw new Error(`the process that measures ${name} has ended`)
    })
    this.#ended.catch(() => {}) // told to whoever asks
  }

  /** Rejects when the process has ended. One question at a time. */
  async ask(question: Question): Promise<Answer> {
    this.#child.send(question)
    const [answer] = (await Promise.race([once(this.#child, 'message'), this.#ended])) as [Answer]
    return answer
  }

  async end(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const ended = once(this.#child, 'exit')
    this.#child.disconnect()
    await ended
  }
}
