/**
 * `growth`: does a delivery cost more when more are connected? One message is in flight, wandering from room to room,
 * so that nothing is batched at any size and every connection gets its turn; what is measured is the server's
 * processor time.
 */

import { contest, contestSeconds, type Rules } from '../load/contest.js'
import type { Load } from '../load/loads.js'
import { Progress } from '../progress.js'
import { type Findings, type Setting, type Suite, variants } from './suite.js'

const FULL: Rules = { rounds: 5, warmSeconds: 0.3, measureSeconds: 0.7 }
const QUICK: Rules = { rounds: 2, warmSeconds: 0.3, measureSeconds: 0.5 }

const MEMBERS = 10
const ROOMS_OF_AN_IDLE_CONNECTION = 10

const wandering: Omit<Load, 'name' | 'story' | 'rooms'> = {
  members: MEMBERS,
  window: 1,
  hop: true,
  script: [[{ by: -1, say: 'publish', size: 'candidate' }]],
}

export const GROWTH_LOADS: readonly Load[] = [
  ...[10, 100, 1000, 10_000].map((connections) => ({
    ...wandering,
    name: `connections-${connections}`,
    story: `${connections} connections in rooms of ten, one message in flight in all`,
    rooms: connections / MEMBERS,
  })),
  ...[1, 10, 100, 1000, 10_000].map((rooms) => ({
    ...wandering,
    name: `rooms-${rooms}`,
    story: `one room of ten that talks, ${rooms - 1} more that exist`,
    rooms: 1,
    idle: idleRooms(rooms - 1),
  })),
]

/** So many rooms, a few to each connection. */
function idleRooms(count: number): NonNullable<Load['idle']> {
  const rooms = Math.min(ROOMS_OF_AN_IDLE_CONNECTION, count)
  return { connections: rooms === 0 ? 0 : Math.ceil(count / rooms), rooms }
}

const OTHERS = ['ws-naive', 'c-relay']
/** What ten thousand connections take besides: each is opened and closed in every round. */
const CROWD_SECONDS = 3

async function run(setting: Setting): Promise<Findings> {
  const rules = setting.quick ? QUICK : FULL
  const taking = variants('growth', setting, OTHERS)
  const progress = new Progress(GROWTH_LOADS.length * taking.variants.length * rules.rounds)
  const outcomes = await contest({
    suite: 'growth',
    loads: GROWTH_LOADS,
    variants: taking.variants,
    rules,
    progress,
    read: ({ name }, { outcome, serverCpuMs }) => [
      { case: name, unit: 'ns/delivery', value: (serverCpuMs * 1e6) / outcome.deliveries },
    ],
  })
  progress.clear()
  return { ...outcomes, absent: [...taking.absent, ...outcomes.absent] }
}

export const growth: Suite = {
  run,
  seconds({ quick, engines }) {
    const rules = quick ? QUICK : FULL
    const entrants = OTHERS.length + engines.length
    return (
      contestSeconds(GROWTH_LOADS.length * entrants, rules) + entrants * (rules.rounds + 1) * CROWD_SECONDS
    )
  },
}
