/** A server under test: a child process that says `listening PORT`. */

import { type ChildProcess, spawn } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import { pinned } from './pin.js'
import type { Probe, Question } from './probe.js'

const START_MS = 10_000
const PROBE = fileURLToPath(new URL('./probe.js', import.meta.url))

/** How to start a server: a Node program, or an executable. */
export type Program =
  | { readonly node: string; readonly args?: readonly string[] }
  | { readonly executable: string; readonly args?: readonly string[] }

/** Resolves when it listens; rejects with one line when it doesn't within ten seconds. */
export async function startServer(program: Program): Promise<ServerProcess> {
  const isNode = 'node' in program
  const command = isNode
    ? [process.execPath, '--expose-gc', '--import', PROBE, program.node]
    : [program.executable]
  const [name, ...args] = pinned('server', [...command, ...(program.args ?? [])])
  const child = spawn(name!, args, {
    stdio: ['ignore', 'pipe', 'pipe', ...(isNode ? (['ipc'] as const) : [])],
    env: { ...process.env, NODE_ENV: 'production' },
  })
  const words = new LastWords(child)
  const port = await listening(child, words)
  return new ServerProcess(child, port, isNode, words)
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

function listening(child: ChildProcess, words: LastWords): Promise<number> {
  return new Promise((resolve, reject) => {
    let said = ''
    const fail = (why: string) => {
      child.kill('SIGKILL')
      reject(new Error(why))
    }
    const timer = setTimeout(() => fail(`did not listen within ${START_MS / 1000} s`), START_MS)
    child.stdout!.on('data', (chunk: Buffer) => {
      said = (said + chunk.toString()).slice(-4096)
      const port = /^listening (\d+)$/m.exec(said)?.[1]
      if (port === undefined) return
      clearTimeout(timer)
      resolve(Number(port))
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

export class ServerProcess {
  readonly port: number
  readonly #child: ChildProcess
  readonly #isNode: boolean
  readonly #words: LastWords

  /** Use `startServer`. */
  constructor(child: ChildProcess, port: number, isNode: boolean, words: LastWords) {
    this.#child = child
    this.#words = words
    this.port = port
    this.#isNode = isNode
  }

  /** Processor time of a server that isn't in Node so far, milliseconds in steps of 10; a Node server is asked. */
  cpuMs(): number {
    const fields = readFileSync(`/proc/${this.#child.pid}/stat`, 'utf8').split(') ')[1]!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * 10
  }

  /** Undefined when the server isn't in Node. Rejects when it has ended. */
  ask(question: Question): Promise<Probe | undefined> {
    if (!this.#isNode) return Promise.resolve(undefined)
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

  /** Why the server has ended by itself; undefined while it runs. */
  get ended(): string | undefined {
    if (this.#child.exitCode === null && this.#child.signalCode === null) return undefined
    return `the server has ended: ${this.#words.error ?? `exit code ${this.#child.exitCode}`}`
  }

  /** Ends the process, whatever it is doing. */
  async stop(): Promise<void> {
    if (this.#child.exitCode !== null || this.#child.signalCode !== null) return
    const exited = new Promise((resolve) => this.#child.once('exit', resolve))
    this.#child.kill('SIGKILL')
    await exited
  }
}
