/** What many rooms cost whose names were built to collide, beside as many of the same shape that were not. */

import { randomInt } from 'node:crypto'
import type { Connection, Hub, Peer } from '../../core/contracts/transport.js'
import { CAPACITY } from '../../core/engine/engine.js'
import { captured } from '../fixtures/captured-hub.js'
import type { World } from './check.js'

const ROOMS = 100_000
/** The least of so many rounds counts: whatever else the machine does only adds to it. */
const ROUNDS = 2
/** Of a table with so many buckets at most, the names below would fill one. */
const BUCKETS = 2 ** 17

/** A socket that forgets whatever it is given. */
const NOBODY: Connection = { address: '127.0.0.1', queuedBytes: 0, write() {}, close() {} }

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
  const peers: Peer[] = []
  while (peers.length * roomsPerPeer < ROOMS) peers.push(await enter(captured.hub!))
  const least = { plain: Number.POSITIVE_INFINITY, hostile: Number.POSITIVE_INFINITY }
  for (let round = 0; round < ROUNDS; round++) {
    for (const [kind, name] of [
      ['plain', plainName],
      ['hostile', hostileName],
    ] as const) {
      least[kind] = Math.min(least[kind], await openAndClose(peers, roomsPerPeer, name))
    }
  }
  return least.hostile / least.plain
}

/** Every peer joins so many rooms, then leaves them again. Returns what that costs, CPU time in µs. */
async function openAndClose(peers: readonly Peer[], each: number, name: (i: number) => string) {
  const rooms = peers.map((_, i) =>
    Array.from({ length: each }, (_, k) => JSON.stringify(name(i * each + k))),
  )
  let spent = 0
  for (const type of ['join', 'leave']) {
    const messages = rooms.map((own) => own.map((room) => Buffer.from(`{"type":"${type}","room":${room}}`)))
    const before = process.cpuUsage()
    for (const [i, peer] of peers.entries()) for (const message of messages[i]!) peer.receive(message)
    const { user, system } = process.cpuUsage(before)
    spent += user + system
    await new Promise((resolve) => setImmediate(resolve)) // outside: what is written has nothing to do with names
  }
  return spent
}

async function enter(hub: Hub): Promise<Peer> {
  const admission = await hub.admit({ token: undefined, address: '127.0.0.1' })
  return admission.attach(NOBODY)
}
