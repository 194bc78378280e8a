import { type ChildProcess, spawn } from 'node:child_process'
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import type { EngineName } from '../../core/engine/engine.js'
import type { Sample } from './probe.js'

const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url))
const PROBE = new URL('./probe.js', import.meta.url).href
/** How long a server may take to start on a busy machine. */
const START_MS = 60_000

export type Ending = number | NodeJS.Signals

/** A server in a process of its own, started as an operator would: it can be stopped, continued, killed and measured. */
export class ServerProcess {
  readonly #child: ChildProcess
  readonly #folder: string
  /** How the process ended. */
  readonly ended: Promise<Ending>
  #ending: Ending | undefined
  #stdout = ''
  #stderr = ''

  private constructor(engine: EngineName, config: Record<string, unknown>, prefix: readonly string[]) {
    this.#folder = mkdtempSync(join(tmpdir(), 'signalbox-faults-'))
    const file = join(this.#folder, 'signalbox.json')
    writeFileSync(file, JSON.stringify({ ...BASE, engine, ...config }))
    const args = ['--expose-gc', '--import', PROBE, MAIN, 'start', '--config', file]
    const [command, ...rest] = [...prefix, process.execPath, ...args] as [string, ...string[]]
    this.#child = spawn(command, rest, {
      stdio: ['ignore', 'pipe', 'pipe', 'ipc'],
      env: { ...process.env, SIGNALBOX_PROBE: '1' },
    })
    this.#child.stdout!.on('data', (chunk) => {
      this.#stdout += chunk
    })
    this.#child.stderr!.on('data', (chunk) => {
      this.#stderr += chunk
    })
    this.ended = new Promise((resolve) => {
      // Not `close`: what it has started may outlive it, and hold on to its output.
      this.#child.on('exit', (code, signal) => {
        this.#ending = code ?? signal!
        rmSync(this.#folder, { recursive: true, force: true })
        resolve(this.#ending)
      })
    })
  }

  /** Resolves when it listens. `config` goes over the lab's own; `prefix` is a command that runs the server. */
  static async start(
    engine: EngineName,
    config: Record<string, unknown> = {},
    prefix: readonly string[] = [],
  ): Promise<ServerProcess> {
    const server = new ServerProcess(engine, config, prefix)
    const until = performance.now() + START_MS
    while (!server.#stdout.includes('Ctrl-C stops.')) {
      const isLate = performance.now() > until
      if (isLate) await server.kill()
      if (isLate || server.#ending !== undefined)
        throw new Error(`the server did not start: ${server.#stderr}`)
      await new Promise((resolve) => setTimeout(resolve, 5))
    }
    return server
  }

  /** Where clients connect. */
  get port(): number {
    return Number(/clients +\S+:(\d+)\//.exec(this.#stdout)![1])
  }

  get host(): string {
    return /clients +\w+:\/\/([\d.]+):/.exec(this.#stdout)![1]!
  }

  get adminUrl(): string {
    return /operators +(http:\/\/[^/]+)\//.exec(this.#stdout)![1]!
  }

  get isRunning(): boolean {
    return this.#ending === undefined
  }

  /** What it wrote to its log: errors only. */
  get log(): string {
    return this.#stderr
  }

  signal(signal: NodeJS.Signals): void {
    this.#child.kill(signal)
  }

  /** Its workers, where it has any: process ids. */
  get workers(): readonly number[] {
    return childrenOf(this.#child.pid!).filter((pid) => commandLine(pid).includes('worker-main'))
  }

  /** SIGKILL; resolves when the process is gone. */
  async kill(): Promise<void> {
    this.#child.kill('SIGKILL')
    await this.ended
  }

  /** Memory after garbage collection, and handles. */
  measure(): Promise<Sample> {
    return new Promise((resolve, reject) => {
      this.#child.once('message', (found) => resolve(found as Sample))
      this.#child.send('measure', (error) => error && reject(error))
    })
  }

  /** The metrics without labels, by name. */
  async metrics(): Promise<ReadonlyMap<string, number>> {
    const text = await (await fetch(`${this.adminUrl}/metrics`)).text()
    return new Map(
      [...text.matchAll(/^(\w+) ([\d.e+-]+)$/gm)].map(([, name, value]) => [name!, Number(value)]),
    )
  }

  /** How many peers it has. */
  async peers(): Promise<number> {
    return (await this.metrics()).get('signalbox_peers')!
  }
}

/** The processes that a process has started and that still run (Linux; else none). */
function childrenOf(pid: number): number[] {
  try {
    return readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean).map(Number)
  } catch {
    return []
  }
}

function commandLine(pid: number): string {
  try {
    return readFileSync(`/proc/${pid}/cmdline`, 'utf8')
  } catch {
    return ''
  }
}

/** Nothing between clients and the hub: policies have tests of their own, and all clients share one address. */
const BASE = {
  listen: { port: 0 },
  admin: { port: 0 },
  page: false,
  log: { level: 'error' },
  plugins: { policy: [] },
}
