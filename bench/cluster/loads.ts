/** The loads of the suite `cluster`: those of `load`, and one at a fixed rate that leaves everybody time. */

import { LOADS, type Load } from '../load/loads.js'

/** Nodes tell each other who is there before anything is sent. */
const SETTLE_SECONDS = 0.5

const named = (...names: readonly string[]): readonly Load[] =>
  LOADS.filter(({ name }) => names.includes(name)).map((load) => ({ ...load, settleSeconds: SETTLE_SECONDS }))

/** Many calls. */
export const WORKER_LOADS: readonly Load[] = named('calls-w1', 'calls-w8')

/** Rooms whose members are on two nodes, one here, one there. */
export const ACROSS_LOADS: readonly Load[] = named('calls-w1', 'calls-w8', 'meetings-4')

export const PACED_LOADS: readonly Load[] = [
  {
    name: 'calls',
    story: '200 calls of two, one on each node, 4,000 deliveries a second',
    ...{ rooms: 200, members: 2, window: 1, script: LOADS[0]!.script, perSecond: 4000 },
    settleSeconds: SETTLE_SECONDS,
  },
]
