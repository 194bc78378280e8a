/**
 * `growth`: does a delivery cost more when more are connected? One message is in flight, wandering from room to room,
 * so that nothing is batched at any size and every connection gets its turn; what is measured is the server's
 * processor time.
 */

import { contest, type Rules } from '../load/contest.js'
import type { Load } from '../load/loads.js'
import { Progress } from '../progress.js'
import { type Suite, variants } from './suite.js'

const FULL: Rules = { rounds: 5, warmSeconds: 0.5, measureSeconds: 1 }
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

export const growth: Suite = async (setting) => {
  const rules = setting.quick ? QUICK : FULL
  const taking = variants('growth', setting, ['ws-naive', 'c-relay'])
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
