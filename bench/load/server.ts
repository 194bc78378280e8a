/** A server under test: a child process that says `listening PORT`. */

import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { pinned, type Role } from './pin.js'
import type { Probe, Question } from './probe.js'
import { cpuMsOf, family, killFamily } from './processes.js'
import { Quota } from './quota.js'

const START_MS = 30_000
const PROBE = fileURLToPath(new URL('./probe.js', import.meta.url))

/** What a load is sent to: one process, or several that are one server to their clients. */
export interface Server {
  /** The members of a room connect to these in turn. */
  readonly ports: readonly number[]
  /** Processor time so far, milliseconds in steps of 10; one that answers questions tells it better. */
  cpuMs(): number
  /** The same of what else belongs to the benchmark, like a broker; absent where there is nothing. */
  besidesCpuMs?(): number
  /** Gives each of its workers a share of a core at most: what it has forked, or itself. Throws `NoQuota`. */
  limitWorkers?(share: number): void
  /** Undefined when it doesn't answer questions. Rejects when it has ended. */
  ask(question: Question): Promise<Probe | undefined>
  /** Why it has ended by itself; undefined while it runs. */
  readonly ended: string | undefined
  /** Ends it, whatever it is doing. */
  stop(): Promise<void>
}

/**
 * How to start a server: a Node program, or an executable. A Node program answers questions (probe.ts), and ends with
 * this process; `asked: false` is for one that forks others, and sees to both itself.
 */
export type Program =
  | { readonly node: string; readonly args?: readonly string[]; readonly asked?: boolean }
  | { readonly executable: string; readonly args?: readonly string[] }

/** Resolves when it listens; rejects with one line when it doesn't within half a minute. */
export async function startServer(program: Program, role: Role = 'server'): Promise<Server> {
  const isNode = 'node' in program
  const isAsked = isNode && program.asked !== false
  const command = isNode
    ? [process.execPath, '--expose-gc', ...(isAsked ? ['--import', PROBE] : []), program.node]
    : [program.executable]
  const [name, ...args] = pinned(role, [...command, ...(program.args ?? [])])
  const child = spawn(name!, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...(isNode ? (['ipc'] as const) : [])],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const words = new LastWords(child)
  const ports = await listening(child, words)
  return new ServerProcess(child, ports, isAsked, words)
}

/** What a process said on standard error last: why it ended, if it did. */
class LastWords {
  #said = ''

  constructor(child: ChildProcess) {
    child.stderr!.on('data', (chunk: Buffer) => {
      this.#said = (this.#said + chunk.toString()).slice(-4096)
    })
  }

  /** The line that names an error; undefined when there is none. */
  get error(): string | undefined {
    return /^.*(?:Error|error).*$/m.exec(this.#said)?.[0].trim()
  }
}

function listening(child: ChildProcess, words: LastWords): Promise<readonly number[]> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (why: string) => {
      if (child.pid !== undefined) killFamily(child.pid)
      reject(new Error(why))
    }
    const timer = setTimeout(() => fail(`did not listen within ${START_MS / 1000} s`), START_MS)
    child.stdout!.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4096)
      const ports = /^listening ([\d ]+)$/m.exec(said)?.[1]
      if (ports === undefined) return
      clearTimeout(timer)
      resolve(ports.split(' ').map(Number))
    })
    child.on('error', (error) => {
      clearTimeout(timer)
      fail(error.message)
    })
    child.on('exit', (code, signal) => {
      clearTimeout(timer)
      reject(new Error(words.error ?? `ended with ${signal ?? code}`))
    })
  })
}

class ServerProcess implements Server {
  readonly ports: readonly number[]
  readonly #child: ChildProcess
  readonly #isAsked: boolean
  readonly #words: LastWords
  readonly #quotas: Quota[] = []

  constructor(child: ChildProcess, ports: readonly number[], isAsked: boolean, words: LastWords) {
    this.#child = child
    this.#words = words
    this.ports = ports
    this.#isAsked = isAsked
  }

  cpuMs(): number {
    return cpuMsOf(this.#child.pid!)
  }

  limitWorkers(share: number): void {
    const [first, ...forked] = family(this.#child.pid!)
    for (const worker of forked.length > 0 ? forked : [first!]) {
      const quota = new Quota(share)
      this.#quotas.push(quota)
      quota.add(worker)
    }
  }

  ask(question: Question): Promise<Probe | undefined> {
    if (!this.#isAsked) return Promise.resolve(undefined)
    return new Promise((resolve, reject) => {
      const ended = () => reject(new Error('the server has ended'))
      this.#child.once('exit', ended)
      this.#child.once('message', (answer) => {
        this.#child.off('exit', ended)
        resolve(answer as Probe)
      })
      this.#child.send(question, (error) => error && ended())
    })
  }

  get ended(): string | undefined {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return undefined
    return `the server has ended: ${this.#words.error ?? `exit code ${this.#child.exitCode}`}`
  }

  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    killFamily(this.#child.pid!)
    await exited
    for (const quota of this.#quotas.splice(0)) await quota.release()
  }
}
