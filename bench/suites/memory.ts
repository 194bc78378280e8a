/**
 * `memory`: resident memory after a full collection, with 10,000 idle connections more than before, and with each of
 * them in a few rooms. What the kernel keeps for sockets is the same for all and not counted.
 */

import { firstLine } from '../../core/first-line.js'
import { LoadFailure, runLoad } from '../load/client.js'
import type { Load } from '../load/loads.js'
import { plan } from '../load/plan.js'
import type { Server } from '../load/server.js'
import type { Variant } from '../load/variants.js'
import { Progress } from '../progress.js'
import { type Absence, type Result, result } from '../report.js'
import { type Findings, type Setting, type Suite, variants } from './suite.js'

const CONNECTIONS = 10_000
const WARM_CONNECTIONS = 500
const MEMBERSHIPS = 8
/** Files a server needs besides its connections. */
const SPARE_FILES = 200

const OTHERS = ['ws-naive', 'socket.io', 'node-relay']
const roundsOf = ({ quick }: Setting) => (quick ? 1 : 3)
/** A server with 10,000 connections, once without and once with rooms. */
const SAMPLE_SECONDS = 12

export const memory: Suite = {
  run,
  seconds: (setting) => roundsOf(setting) * (OTHERS.length + setting.engines.length) * SAMPLE_SECONDS,
}

async function run(setting: Setting): Promise<Findings> {
  const taking = variants('memory', setting, OTHERS)
  const rounds = roundsOf(setting)
  const absent: Absence[] = [...taking.absent]
  const short = tooFewFiles(CONNECTIONS + WARM_CONNECTIONS + SPARE_FILES)
  if (short !== undefined) {
    const missing = taking.variants.map(({ name }) => ({ variant: name, why: short, failure: false }))
    return {
      results: [],
      absent: [...absent, ...missing.map((one) => ({ suite: 'memory' as const, ...one }))],
    }
  }
  const progress = new Progress(rounds * taking.variants.length)
  const samples = new Map<Variant, Sample[]>()
  for (let round = 0; round < rounds; round++) {
    for (const variant of taking.variants) {
      progress.show(`memory ${variant.name}`)
      try {
        const sample = await measure(variant, CONNECTIONS)
        samples.set(variant, [...(samples.get(variant) ?? []), sample])
      } catch (error) {
        const failure = error instanceof LoadFailure
        absent.push({ suite: 'memory', variant: variant.name, why: firstLine(error), failure })
      }
      progress.step()
    }
  }
  progress.clear()
  return { results: [...samples].flatMap(([variant, taken]) => results(variant, taken)), absent }
}

interface Sample {
  readonly connection: number
  readonly membership: number | undefined
}

function results({ name }: Variant, taken: readonly Sample[]): Result[] {
  const memberships = taken.flatMap(({ membership }) => membership ?? [])
  const one = (what: string, samples: readonly number[]) => result('memory', what, name, 'bytes', samples)
  return [
    one(
      'connection',
      taken.map(({ connection }) => connection),
    ),
    ...(memberships.length === 0 ? [] : [one('membership', memberships)]),
  ]
}

async function measure(variant: Variant, connections: number): Promise<Sample> {
  const connection = (await grown(variant, connections, 0))!
  const inRooms = await grown(variant, connections, MEMBERSHIPS)
  return {
    connection,
    membership: inRooms === undefined ? undefined : (inRooms - connection) / MEMBERSHIPS,
  }
}

/** By how many bytes a new server grows for each of so many connections; undefined when it has no rooms to join. */
async function grown(variant: Variant, connections: number, rooms: number): Promise<number | undefined> {
  const idle = (count: number, ports: readonly number[]) =>
    plan(crowd(count, rooms), variant.dialect, ports, NO_TIME)
  if (idle(1, []) === undefined) return undefined
  const server = await variant.start()
  try {
    let bytes = 0
    await runLoad(idle(WARM_CONNECTIONS, server.ports)!, {
      onReady: async () => {
        const before = await residentBytes(server)
        await runLoad(idle(connections, server.ports)!, {
          onReady: async () => {
            bytes = (await residentBytes(server)) - before
          },
        })
      },
    })
    return bytes / connections
  } finally {
    await server.stop()
  }
}

const NO_TIME = { warmSeconds: 0, measureSeconds: 0 }

const crowd = (connections: number, rooms: number): Load => ({
  name: 'idle',
  story: 'connections that only stay open',
  ...{ rooms: 0, members: 0, window: 0, script: [], idle: { connections, rooms } },
})

const residentBytes = async (server: Server) => (await server.ask('collect'))!.rssBytes

/** Why so many sockets can't be opened; undefined when they can. Node raises the soft limit to the hard one itself. */
function tooFewFiles(needed: number): string | undefined {
  const report = process.report?.getReport() as
    | { userLimits?: { open_files?: { hard?: number | string } } }
    | undefined
  const hard = report?.userLimits?.open_files?.hard
  return typeof hard === 'number' && hard < needed
    ? `needs ${needed} open files and may have ${hard}: raise the limit (ulimit -Hn ${needed}) and try again`
    : undefined
}
