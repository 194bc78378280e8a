/** What many rooms cost whose names were built to collide, beside as many of the same shape that were not. */

import { randomInt } from 'node:crypto'
import type { Hub, Peer } from '../../core/contracts/transport.js'
import { CAPACITY } from '../../core/engine/engine.js'
import { FakeConnection } from '../contract/fake-connection.js'
import { captured } from '../fixtures/captured-hub.js'
import type { World } from './check.js'

const ROOMS = 100_000
/** The least of so many rounds counts: whatever else the machine does only adds to it. */
const ROUNDS = 2
/** Of a table with so many buckets at most, the names below would fill one. */
const BUCKETS = 2 ** 17

/** Half are numbers that differ by whole tables; half are alike to any hash that multiplies by 31 and adds. */
const hostileName = (i: number): string =>
  i % 2 === 0 ? String(i * BUCKETS) : blocks(i, (bit) => (bit ? 'Aa' : 'BB'))

/** As long, of the same characters, and nobody's choice. */
const plainName = (i: number): string =>
  i % 2 === 0 ? String(i * BUCKETS + randomInt(BUCKETS)) : blocks(i, (bit) => (bit ? 'Ab' : 'Ba'))

const blocks = (i: number, block: (bit: boolean) => string): string =>
  Array.from({ length: 17 }, (_, at) => block(((i >> at) & 1) === 1)).join('')

/** CPU time of opening and closing `ROOMS` rooms at once, as a multiple of what names cost that don't collide. */
export async function costOfCollisions({ serve }: World): Promise<number> {
  const use = new URL('../fixtures/captured-hub.js', import.meta.url).pathname
  const { roomsPerPeer } = CAPACITY
  await serve({
    plugins: { transport: [{ use }], policy: [], observer: [] },
    limits: { peers: ROOMS, roomsPerPeer },
  })
  const hub = captured.hub!
  const least = { plain: Number.POSITIVE_INFINITY, hostile: Number.POSITIVE_INFINITY }
  for (let round = 0; round <= ROUNDS; round++) {
    for (const [kind, name] of [
      ['plain', plainName],
      ['hostile', hostileName],
    ] as const) {
      const seconds = await openAndClose(hub, Math.ceil(ROOMS / roomsPerPeer), roomsPerPeer, name)
      if (round > 0) least[kind] = Math.min(least[kind], seconds) // the first warms up
    }
  }
  return least.hostile / least.plain
}

async function openAndClose(hub: Hub, peers: number, each: number, name: (i: number) => string) {
  const there: Peer[] = []
  for (let i = 0; i < peers; i++) there.push(await enter(hub))
  const messages = there.map((_, i) =>
    Array.from({ length: each }, (_, k) => {
      const room = JSON.stringify(name(i * each + k))
      return [Buffer.from(`{"type":"join","room":${room}}`), Buffer.from(`{"type":"leave","room":${room}}`)]
    }),
  )
  const before = process.cpuUsage()
  for (const step of [0, 1]) {
    for (const [i, peer] of there.entries()) for (const pair of messages[i]!) peer.receive(pair[step]!)
    await new Promise((resolve) => setImmediate(resolve))
  }
  const { user, system } = process.cpuUsage(before)
  for (const peer of there) peer.gone(1000)
  return user + system
}

async function enter(hub: Hub): Promise<Peer> {
  const admission = await hub.admit({ token: undefined, address: '127.0.0.1' })
  return admission.attach(new FakeConnection())
}
