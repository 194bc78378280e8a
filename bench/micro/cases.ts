/** What the micro benchmarks do to a hot path. */

import { cases as rewriteCases } from '../messages.js'
import { type HotPath, peerId, roomName } from './hot-path.js'

export interface MicroCase {
  readonly name: string
  readonly unit: 'ns/message' | 'ns'
  /** Prepares a path; the function that it returns is measured, and returns something that depends on its work. */
  prepare(path: HotPath): () => number
  /** What the path came to, for the check that all variants do the same work. */
  outcome(path: HotPath): string
}

const ROUTE_SIZES = [2, 10, 100, 1000] as const
const CHURN_ROOMS = 10_000
const CHURN_MEMBERS = 4

/** Peers and rooms are added once to each path: cases share them, each in rooms of its own. */
export function microCases(): readonly MicroCase[] {
  return [...rewrites(), ...routes(), churn()]
}

/** Two peers in room 0; message from one to the other. */
function rewrites(): MicroCase[] {
  return rewriteCases(roomName(0), peerId(1)).map(({ name, message }) => ({
    name,
    unit: 'ns/message',
    prepare(path) {
      return path.rewriter(0, message)
    },
    outcome: (path) => `${path.route(0, message)} ${path.rewritten(0, message).toString('latin1')}`,
  }))
}

/** Rooms 1, 2, … of growing size; peer 0 is in each. */
function routes(): MicroCase[] {
  return ROUTE_SIZES.map((size, i) => {
    const message = Buffer.from(
      JSON.stringify({ type: 'publish', room: roomName(1 + i), data: { hand: 'up' } }),
    )
    return {
      name: `route-${size}`,
      unit: 'ns/message' as const,
      prepare: (path: HotPath) => () => path.route(0, message),
      outcome: (path: HotPath) => String(path.route(0, message)),
    }
  })
}

/** One of 40,000 members leaves one of 10,000 rooms of four and joins it again; another one each time. */
function churn(): MicroCase {
  return {
    name: 'churn',
    unit: 'ns',
    prepare(path) {
      let next = 0
      return () => {
        // Far apart, so that no room is still in the cache from the time before.
        next = (next + 7919 * CHURN_MEMBERS + 1) % (CHURN_ROOMS * CHURN_MEMBERS)
        const slot = CHURN_FIRST_SLOT + next
        const room = CHURN_FIRST_ROOM + Math.floor(next / CHURN_MEMBERS)
        path.leave(slot, room)
        path.join(slot, room)
        return slot
      }
    },
    outcome: () => '',
  }
}

const CHURN_FIRST_SLOT = ROUTE_SIZES.at(-1)!
const CHURN_FIRST_ROOM = 1 + ROUTE_SIZES.length

/** The peers and rooms that all cases live in. */
export function populate(path: HotPath): void {
  for (let slot = 0; slot < CHURN_FIRST_SLOT + CHURN_ROOMS * CHURN_MEMBERS; slot++) path.addPeer(slot)
  for (let room = 0; room < CHURN_FIRST_ROOM + CHURN_ROOMS; room++) path.addRoom(room)
  for (const slot of [0, 1]) path.join(slot, 0)
  for (const [i, size] of ROUTE_SIZES.entries()) {
    for (let slot = 0; slot < size; slot++) path.join(slot, 1 + i)
  }
  for (let i = 0; i < CHURN_ROOMS * CHURN_MEMBERS; i++) {
    path.join(CHURN_FIRST_SLOT + i, CHURN_FIRST_ROOM + Math.floor(i / CHURN_MEMBERS))
  }
}
