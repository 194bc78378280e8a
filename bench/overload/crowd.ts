/** Runs the crowd (crowd.c): calls at a fixed rate, and others at rates that change from stage to stage. */

import { spawn } from 'node:child_process'
import { createInterface } from 'node:readline'
import { LoadFailure } from '../load/client.js'
import { compile } from '../load/compile.js'
import { pinned } from '../load/pin.js'

/** Who is there, and what they do. */
export interface Scene {
  /** Calls of two, and what all of them signal together, messages a second. */
  readonly calls: number
  readonly callsPerSecond: number
  /** People who are connected and in no room until they visit one. */
  readonly visitors: number
  /** Rooms that newcomers and visitors join. */
  readonly halls: number
  /** Messages that each of them publishes there before it goes, and the time between two of them. */
  readonly words: number
  readonly gapSeconds: number
  /** How long a newcomer waits to be let in. */
  readonly patienceSeconds: number
  /** A message that comes later than this after it was due has come in vain. */
  readonly deadlineSeconds: number
}

/** What comes besides the calls, each second. */
export interface Surge {
  readonly newcomers: number
  readonly visits: number
}

/** What was due in one stage, whenever it arrived. */
export interface Stage {
  readonly multiple: number
  /** Newcomers: who came, got into a room, was told 503, lost patience, was cut off. */
  readonly offered: number
  readonly entered: number
  readonly refused: number
  readonly gaveUp: number
  readonly broken: number
  /** What was answered with an error: joins, and published messages. */
  readonly shedJoins: number
  readonly shedWords: number
  /** Joins of visitors: how many were due, came about, and did so in time. */
  readonly visits: number
  readonly visited: number
  readonly visitedInTime: number
  readonly published: number
  /** Messages of calls. */
  readonly sent: number
  readonly received: number
  readonly inTime: number
  /** What was published and received, once for each who received it. */
  readonly heard: number
  readonly heardInTime: number
  /** Of the messages of calls, from when they were due, µs; -1 when so many never arrived. */
  readonly p50: number
  readonly p90: number
  readonly p99: number
  readonly 'p99.9': number
  /** From when a newcomer came until it was in its room, µs, of those who came in. */
  readonly entering50: number
  readonly entering99: number
  /** From when a visit was due until the visitor was in, µs, of those who got in. */
  readonly joining99: number
}

export interface Crowd {
  readonly stages: readonly Stage[]
  /** Share of a core that the crowd took, and of the time in which it had something to do. */
  readonly cpuShare: number
  readonly busyShare: number
  /** Messages of calls that left over 200 µs after they were due. */
  readonly late: number
  /** Calls and residents whom the server has cut off. */
  readonly lost: number
}

/** After the last stage the crowd waits so long for what is late. */
export const DRAIN_SECONDS = 6

/**
 * Sends the crowd to a server: the surge in each of these multiples, for `stageSeconds` each. Rejects with `LoadFailure` when
 * it can't set itself up, and throws `NoProgram` where it can't be built.
 */
export async function runCrowd(
  port: number,
  scene: Scene,
  surge: Surge,
  multiples: readonly number[],
  stageSeconds: number,
  onBegin: () => void = () => {},
): Promise<Crowd> {
  const { calls, callsPerSecond, visitors, halls, words, gapSeconds, patienceSeconds, deadlineSeconds } =
    scene
  const args = [
    port,
    calls,
    callsPerSecond,
    visitors,
    halls,
    words,
    gapSeconds,
    patienceSeconds,
    deadlineSeconds,
  ]
  const command = [
    compile('crowd'),
    ...[...args, stageSeconds, surge.newcomers, surge.visits, ...multiples].map(String),
  ]
  const [name, ...rest] = pinned('client', command)
  const child = spawn(name!, rest, { stdio: ['pipe', 'pipe', 'pipe'] })
  let complaint = ''
  child.stderr.on('data', (chunk: Buffer) => {
    complaint += chunk.toString()
  })
  child.stdin.on('error', () => {}) // it has ended; what it said is what counts
  const ended = new Promise<void>((resolve, reject) => {
    child.on('error', reject)
    child.on('close', (code, signal) => {
      if (code === 0) resolve()
      else reject(new LoadFailure(complaint.trim() || `the crowd ended with ${signal ?? code}`))
    })
  })
  const said: object[] = []
  createInterface({ input: child.stdout }).on('line', (line) => {
    if (line === 'ready') {
      onBegin()
      child.stdin.write('go\n')
    } else said.push(JSON.parse(line))
  })
  try {
    await ended
  } finally {
    child.kill('SIGKILL')
  }
  const self = said.pop() as Omit<Crowd, 'stages'>
  return { ...self, stages: said as Stage[] }
}
