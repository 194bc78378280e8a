/** Who there is: each has a room and lives in a region, for the whole of a run. */

import type { Random } from '../random.js'
import { Zipf } from '../zipf.js'
import { PLAN } from './plan.js'
import { PEOPLE } from './regions.js'

export interface People {
  readonly rooms: number
  /** By peer. */
  readonly roomOf: Int32Array
  readonly regionOf: Uint8Array
  /** By room: where most of its members are from, and what balancers are told of a key that stands for it. */
  readonly homeOf: Uint8Array
}

/** Rooms are drawn by Zipf, none larger than the limit in the mean. */
export function people(peers: number, random: Random): People {
  const rooms = Math.max(1, Math.ceil(peers / PLAN.peersPerRoom))
  const zipf = new Zipf(rooms, PLAN.largestRoom / peers)
  const homeOf = Uint8Array.from({ length: rooms }, () => regionOf(random.next()))
  const roomOf = new Int32Array(peers)
  const lives = new Uint8Array(peers)
  for (let peer = 0; peer < peers; peer++) {
    const room = zipf.draw(random.next())
    roomOf[peer] = room
    lives[peer] = random.next() < PLAN.atHome ? homeOf[room]! : regionOf(random.next())
  }
  return { rooms, roomOf, regionOf: lives, homeOf }
}

function regionOf(share: number): number {
  let sum = 0
  for (let region = 0; region < PEOPLE.length; region++) {
    sum += PEOPLE[region]!
    if (share < sum) return region
  }
  return PEOPLE.length - 1
}
