/**
 * A whole server with connections in memory, in a process of its own: clients connect, join, speak, leave and end in
 * every way, a million times. Prints one line of JSON: what was left when it was warm, and what is left at the end.
 *
 *     node --expose-gc dist/test/faults/experiments/leak/churn.js ENGINE CONNECTIONS SEED
 */

import { setTimeout as sleep, setImmediate as turn } from 'node:timers/promises'
import { pino } from 'pino'
import type { HubStats } from '../../../../core/contracts/observer.js'
import type { Peer } from '../../../../core/contracts/transport.js'
import { createServer } from '../../../../core/server.js'
import { FakeConnection } from '../../../contract/fake-connection.js'
import { Dice } from '../../../dice.js'
import { captured } from '../../../fixtures/captured-hub.js'
import { type Sample, sample } from '../../probe.js'

/** What is left of so many connections, when all have ended. */
export interface Remains extends Sample {
  readonly connections: number
  readonly peers: number
  readonly rooms: number
  readonly memberships: number
  readonly queuedBytes: number
}

/** Clients that are there at a time. */
const POPULATION = 200
const ROOMS = 100
/** A fiftieth of what churns past: a leak of slots ends the run early. */
const MAX_PEERS = 20_000
/** A session that nobody resumes is gone after this and the next look at it, one second at most. */
const RESUME_MS = 50
const EXPIRY_MS = 10_000
/** The log of frames grows to this and no further: it must be full when the server is warm. */
const LOG_BYTES = 1024 * 1024

const [engine = 'wasm', total = '1000000', seed = '1'] = process.argv.slice(2)
const dice = new Dice(Number(seed))
const address = '127.0.0.1'
const raw = (message: object) => Buffer.from(JSON.stringify(message))
const BYE = raw({ type: 'bye' })

const server = await createServer(
  {
    listen: { port: 0 },
    admin: false,
    page: false,
    engine,
    limits: { peers: MAX_PEERS, resumeMs: RESUME_MS, replayLogBytes: LOG_BYTES },
    plugins: { transport: [{ use: '../../../fixtures/captured-hub.js' }], policy: [], observer: [] },
  },
  { directory: import.meta.dirname, logger: pino({ level: 'silent' }) },
)
await server.start()
const stats: HubStats = server.stats

/** A client that is there. */
interface Guest {
  readonly peer: Peer
  readonly connection: FakeConnection
  readonly room: string
}

async function connect(resume?: { ticket: string; seen: number }): Promise<Guest> {
  const room = `room ${dice.roll(ROOMS)}`
  const early = dice.roll(4) === 0 && resume === undefined ? { room } : {}
  const admission = await captured.hub!.admit({
    token: undefined,
    address,
    ...early,
    ...(resume ? { resume } : {}),
  })
  const connection = new FakeConnection()
  return { peer: admission.attach(connection), connection, room }
}

async function live(): Promise<Guest> {
  const guest = await connect()
  const { peer, room } = guest
  const other = `other ${room}`
  peer.receive(raw({ type: 'join', id: 1, room, data: dice.roll(1000) }))
  peer.receive(raw({ type: 'join', id: 2, room: other }))
  peer.receive(raw({ type: 'publish', id: 3, room: other, data: 'hello' }))
  peer.receive(raw({ type: 'leave', id: 4, room: other }))
  return guest
}

async function end({ peer, connection }: Guest): Promise<void> {
  switch (dice.roll(10)) {
    case 0:
      return peer.gone(1000)
    case 1: // the window passes
      return peer.gone(1006)
    case 2: {
      peer.gone(1006)
      const welcome = connection.messages.find(({ type }) => type === 'welcome')
      const ticket = welcome?.type === 'welcome' ? welcome.session.ticket : null
      if (ticket === null) return
      const again = await connect({ ticket, seen: 0 })
      again.peer.receive(BYE)
      return again.peer.gone(1000)
    }
    default:
      peer.receive(BYE)
      peer.gone(1000)
  }
}

async function churn(connections: number): Promise<void> {
  const guests: Guest[] = []
  for (let i = 0; i < connections; i++) {
    guests.push(await live())
    if (guests.length > POPULATION) {
      const at = dice.roll(guests.length)
      const guest = guests[at]!
      guests[at] = guests.at(-1)!
      guests.pop()
      await end(guest)
    }
    if (i % 50 === 0) await turn() // queues are flushed
  }
  for (const guest of guests) await end(guest)
}

async function remains(): Promise<Remains> {
  for (let waited = 0; stats.peers > 0 && waited < EXPIRY_MS; waited += 50) await sleep(50)
  const { connections, peers, rooms, memberships, queuedBytes } = stats
  return { ...(await sample()), connections, peers, rooms, memberships, queuedBytes }
}

const warmUp = Math.floor(Number(total) / 5)
await churn(warmUp)
const warm = await remains()
await churn(Number(total) - warmUp)
const cold = await remains()
console.log(JSON.stringify({ warm, cold }))
await server.stop()
