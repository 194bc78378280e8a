/** Runs the load client (client.c) with a plan. */

import { type ChildProcess, spawn } from 'node:child_process'
import { compile } from './compile.js'
import { pinned, type Role } from './pin.js'

/** What a run came to; the client has checked that every delivery arrived once and unchanged. */
export interface Outcome {
  readonly deliveries: number
  readonly messages: number
  readonly seconds: number
  /** Share of a core that the client took, and of the time in which it had something to do. */
  readonly cpuShare: number
  readonly busyShare: number
  /** Messages of an open loop that left over 200 µs after they were due. */
  readonly late: number
  /** Nanoseconds from when a message was due to its arrival, by percentile (`"99.9"`); open loops only. */
  readonly latencyNs?: Readonly<Record<string, number>>
}

/** A run that is no measurement: a delivery lost, doubled or changed, a connection refused or ended. */
export class LoadFailure extends Error {
  override readonly name = 'LoadFailure'
}

/** What to do at the turns of a run; the run doesn't wait for the last two. */
export interface Turns {
  onReady?(): Promise<void> | void
  onMeasuring?(): void
  onMeasured?(): void
}

/**
 * Runs a plan to its end. Rejects with `LoadFailure` when the books don't agree, and with `NoProgram` where there is
 * no client. A plan without rooms ends after `onReady`, and has no outcome.
 */
export async function runLoad(
  plan: string,
  turns: Turns = {},
  role: Role = 'client',
): Promise<Outcome | undefined> {
  const [name, ...args] = pinned(role, [compile('client')])
  const child = spawn(name!, args, { stdio: ['pipe', 'pipe', 'pipe'] })
  child.stdin!.on('error', () => {}) // it has ended; what it said is what counts
  child.stdin!.write(plan)
  try {
    return await converse(child, turns)
  } finally {
    child.kill('SIGKILL')
  }
}

function converse(child: ChildProcess, turns: Turns): Promise<Outcome | undefined> {
  return new Promise((resolve, reject) => {
    let rest = ''
    let complaint = ''
    let outcome: Outcome | undefined
    const onLine = (line: string) => {
      if (line === 'ready') {
        Promise.resolve(turns.onReady?.()).then(() => child.stdin!.write('go\n'), reject)
      } else if (line === 'measuring') turns.onMeasuring?.()
      else if (line === 'measured') turns.onMeasured?.()
      else {
        const said = JSON.parse(line) as Outcome & { failure?: string }
        if (said.failure !== undefined) reject(new LoadFailure(said.failure))
        else outcome = said
      }
    }
    child.stdout!.on('data', (chunk: Buffer) => {
      const lines = (rest + chunk.toString()).split('\n')
      rest = lines.pop()!
      for (const line of lines) onLine(line)
    })
    child.stderr!.on('data', (chunk: Buffer) => {
      complaint += chunk.toString()
    })
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve(outcome)
      else reject(new LoadFailure(complaint.trim() || `the load client ended with ${signal ?? code}`))
    })
  })
}
