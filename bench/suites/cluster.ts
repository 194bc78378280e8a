/**
 * `cluster`: what a second worker brings, and what a delivery costs and how much later it comes when it has to go to
 * another node. Processor time is that of all processes of the servers, by the system's own books.
 */

import { ACROSS_LOADS, PACED_LOADS, WORKER_LOADS } from '../cluster/loads.js'
import {
  ONE_NODE,
  ONE_SOCKET_IO,
  ownVariants,
  SOCKET_IO_VARIANTS,
  WORKER_SHARE,
  workerVariants,
} from '../cluster/variants.js'
import {
  type Contest,
  contest,
  contestSeconds,
  type Outcomes,
  type Reading,
  type Rules,
} from '../load/contest.js'
import { installPeers } from '../load/install.js'
import { Progress } from '../progress.js'
import { type Absence, type Result, result } from '../report.js'
import type { Findings, Setting, Suite } from './suite.js'

const FULL: Rules = { rounds: 5, warmSeconds: 0.5, measureSeconds: 2 }
const QUICK: Rules = { rounds: 2, warmSeconds: 0.3, measureSeconds: 1 }

/** Three compilers share a core with what is measured: they must have done before times are told. */
const paced = (rules: Rules): Rules => ({ ...rules, startUpSeconds: 5 })

/** The engine that servers run unless they are told otherwise: what is compared here isn't engines. */
const engineOf = ({ engines }: Setting) => (engines.includes('wasm') ? 'wasm' : 'js')

async function run(setting: Setting): Promise<Findings> {
  const engine = engineOf(setting)
  const why = installPeers()
  const absent: readonly Absence[] =
    why === undefined
      ? []
      : SOCKET_IO_VARIANTS.map(({ name }) => ({ suite: 'cluster', variant: name, why, failure: false }))
  const across = [...ownVariants(engine), ...(why === undefined ? SOCKET_IO_VARIANTS : [])]
  const pairs = WORKER_LOADS.length * 4 + (ACROSS_LOADS.length + PACED_LOADS.length) * across.length
  const rules = setting.quick ? QUICK : FULL
  const progress = new Progress(pairs * rules.rounds)
  const common = { suite: 'cluster', rules, progress } as const
  const free = { client: 'anywhere' } as const
  const parts: readonly Contest[] = [
    {
      ...common,
      loads: WORKER_LOADS,
      variants: workerVariants(engine, WORKER_SHARE),
      ...free,
      read: readShares,
    },
    { ...common, ...free, loads: WORKER_LOADS, variants: workerVariants(engine), read: readFree },
    { ...common, loads: ACROSS_LOADS, variants: across, read: readAcross },
    { ...common, rules: paced(rules), loads: PACED_LOADS, variants: across, read: readPaced },
  ]
  const outcomes: Outcomes[] = []
  for (const part of parts) outcomes.push(await contest(part))
  progress.clear()
  const results = outcomes.flatMap(({ results }) => results).filter(({ max }) => max > 0) // not everybody has a broker
  return {
    results: [...results, ...added(results)],
    absent: [...absent, ...outcomes.flatMap((outcome) => outcome.absent)],
    clientShare: Math.max(...outcomes.map(({ clientShare }) => clientShare)),
  }
}

type Read = Contest['read']

const readShares: Read = ({ name }, { outcome, serverCpuMs }) => [
  { case: `workers ${name}`, unit: 'deliveries/s', value: outcome.deliveries / outcome.seconds },
  { case: `workers ${name} cpu`, unit: 'ns/delivery', value: (serverCpuMs * 1e6) / outcome.deliveries },
]

const readFree: Read = ({ name }, { outcome }) => [
  { case: `workers ${name} as it is`, unit: 'deliveries/s', value: outcome.deliveries / outcome.seconds },
]

const readAcross: Read = ({ name }, { outcome, serverCpuMs, besidesCpuMs }) => [
  {
    case: `across ${name}`,
    unit: 'deliveries/core/s',
    value: (outcome.deliveries / serverCpuMs) * 1000,
  },
  { case: `across ${name} broker`, unit: 'ns/delivery', value: (besidesCpuMs * 1e6) / outcome.deliveries },
]

/** Percentiles that are told, and by how much a node further away adds to them. */
const PERCENTILES = ['50', '99'] as const

const readPaced: Read = ({ name }, { outcome }) =>
  PERCENTILES.map(
    (p): Reading => ({
      case: `across ${name} p${p}`,
      unit: 'µs',
      value: (outcome.latencyNs?.[p] ?? Number.NaN) / 1000,
    }),
  )

/** How much later a delivery comes than within one process of the same server, round by round. */
function added(results: readonly Result[]): Result[] {
  return PACED_LOADS.flatMap(({ name }) =>
    PERCENTILES.flatMap((p) => {
      const group = results.filter((one) => one.case === `across ${name} p${p}`)
      return group.flatMap((one) => {
        const base = one.variant.startsWith(ONE_SOCKET_IO) ? ONE_SOCKET_IO : ONE_NODE
        const alone = group.find(({ variant }) => variant === base)
        if (alone === undefined || alone === one || alone.samples.length !== one.samples.length) return []
        const samples = one.samples.map((sample, i) => sample - alone.samples[i]!)
        return [result('cluster', `across ${name} p${p} added`, one.variant, 'µs', samples, one.note)]
      })
    }),
  )
}

export const cluster: Suite = {
  run,
  seconds(setting) {
    const rules = setting.quick ? QUICK : FULL
    const across = ownVariants(engineOf(setting)).length + SOCKET_IO_VARIANTS.length
    return (
      contestSeconds(WORKER_LOADS.length * 4 + ACROSS_LOADS.length * across, rules) +
      contestSeconds(PACED_LOADS.length * across, paced(rules))
    )
  },
}
