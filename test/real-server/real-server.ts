/** A broker as operators run it: a process of its own on a port of 127.0.0.1, that tests may stop, kill and start again. */

import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { connect, createServer } from 'node:net'
import { setTimeout as sleep } from 'node:timers/promises'
import type { Defer } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'

/** How long one may take to start on a busy machine. */
const START_MS = 20_000
/** Somebody else may take a port between the moment it was free and the server's start. */
const PORTS = 3

export interface ServerOptions {
  readonly path: string
  /** Where it listens; 127.0.0.1, unless it runs in a network of its own. */
  readonly host?: string
  /** Its arguments, for a port and a folder that is gone with the test. */
  readonly args: (port: number, folder: string) => readonly string[]
}

export class RealServer {
  readonly port: number
  readonly #options: ServerOptions
  readonly #folder: string
  #child: ChildProcess | undefined
  #output = ''

  private constructor(options: ServerOptions, port: number, folder: string) {
    this.#options = options
    this.port = port
    this.#folder = folder
  }

  /** Starts one on a free port; it ends with the test. */
  static async start(defer: Defer, options: ServerOptions): Promise<RealServer> {
    for (let left = PORTS; ; left--) {
      const server = new RealServer(options, await freePort(), temporaryFolder(defer))
      defer(() => server.kill())
      try {
        await server.start()
        return server
      } catch (error) {
        if (left === 1) throw error
      }
    }
  }

  get pid(): number {
    return this.#child!.pid!
  }

  /** Starts it again, on the same port, with nothing remembered. Does nothing when it runs. */
  async start(): Promise<void> {
    if (this.#child !== undefined) return
    const { path, args } = this.#options
    const child = spawn(path, args(this.port, this.#folder), { stdio: ['ignore', 'pipe', 'pipe'] })
    this.#child = child
    this.#output = ''
    for (const stream of [child.stdout, child.stderr]) {
      stream.on('data', (chunk: Buffer) => {
        this.#output = (this.#output + chunk.toString()).slice(-4000)
      })
    }
    child.on('error', (error) => {
      this.#output += error.message
    })
    const deadline = performance.now() + START_MS
    while (!(await this.#isListening())) {
      if (child.exitCode !== null || performance.now() > deadline) {
        await this.kill()
        throw new Error(`${path} did not start: ${this.#output}`)
      }
      await sleep(10)
    }
  }

  /** It gets no chance to say goodbye. */
  async kill(): Promise<void> {
    const child = this.#child
    this.#child = undefined
    if (child?.pid === undefined || child.exitCode !== null || child.signalCode !== null) return
    const ended = once(child, 'exit')
    child.kill('SIGKILL')
    await ended
  }

  /** From now on it is half-open: the kernel takes connections for it, and it does nothing. */
  pause(): void {
    this.#child?.kill('SIGSTOP')
  }

  resume(): void {
    this.#child?.kill('SIGCONT')
  }

  async #isListening(): Promise<boolean> {
    const socket = connect(this.port, this.#options.host ?? '127.0.0.1')
    try {
      await once(socket, 'connect')
      return true
    } catch {
      return false
    } finally {
      socket.destroy()
    }
  }
}

/** A port of 127.0.0.1 that nobody has at the moment. */
export async function freePort(): Promise<number> {
  const server = createServer().listen(0, '127.0.0.1')
  await once(server, 'listening')
  const { port } = server.address() as { port: number }
  server.close()
  await once(server, 'close')
  return port
}
