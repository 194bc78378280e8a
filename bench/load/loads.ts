/** The loads that servers are put under. */

import type { Saying } from './dialects.js'
import type { Size } from './payloads.js'

/** Who sends, besides a member by its number: whoever received the last copy of the message before; whose window it is. */
export const LAST = -1
export const OWNER = -2

/** So many messages of one kind from one member of the room. */
export interface Send {
  readonly by: number
  readonly say: Saying
  readonly size: Size
  readonly times?: number
}

export interface Load {
  readonly name: string
  /** For people: who is there and what happens. */
  readonly story: string
  readonly rooms: number
  readonly members: number
  /** Messages (or scripts) in flight: in each room, shared out among its members. */
  readonly window: number
  /** What happens in a room, step by step and again from the start; a step ends when all its copies have arrived. */
  readonly script: readonly (readonly Send[])[]
  /** The windows of one room wander through all rooms, instead of every room having its own. */
  readonly hop?: boolean
  /** Connections in no room, that only stay open; and how many rooms each of them joins. */
  readonly idle?: { readonly connections: number; readonly rooms: number }
  /** Messages a second at fixed times, whatever comes back (open loop); absent: as fast as the windows allow. */
  readonly perSecond?: number
  /** How long all must be silent before the first message, when a moment isn't enough for the server to settle. */
  readonly settleSeconds?: number
  /** The rate is at most this share of what the slowest server can do. */
  readonly ofSlowest?: number
}

/** Whoever receives the last copy of a message sends the next one: nobody is idle, nobody is told to be. */
const answering = (say: Saying, size: Size = 'candidate') => [[{ by: LAST, say, size }]]
/** Everybody keeps a window of its own full. */
const talking = (say: Saying, size: Size = 'candidate') => [[{ by: OWNER, say, size }]]

export const LOADS: readonly Load[] = [
  {
    name: 'calls-w1',
    story: '500 calls of two, everybody with one message in flight',
    ...{ rooms: 500, members: 2, window: 2, script: talking('candidate') },
  },
  {
    name: 'calls-w8',
    story: '500 calls of two, everybody with eight messages in flight',
    ...{ rooms: 500, members: 2, window: 16, script: talking('candidate') },
  },
  {
    name: 'meetings-4',
    story: '125 meetings of four, everybody with four messages in flight',
    ...{ rooms: 125, members: 4, window: 16, script: talking('publish') },
  },
  {
    name: 'meetings-4-room',
    story: 'the same, four messages in flight in each meeting',
    ...{ rooms: 125, members: 4, window: 4, script: answering('publish') },
  },
  {
    name: 'meetings-4-3k',
    story: 'the same with messages of 3 KB',
    ...{ rooms: 125, members: 4, window: 16, script: talking('publish', 'sdp') },
  },
  {
    name: 'meetings-10',
    story: '50 meetings of ten, everybody with one message in flight',
    ...{ rooms: 50, members: 10, window: 10, script: talking('publish') },
  },
  {
    name: 'stage-100',
    story: 'one room of 100, sixteen messages in flight',
    ...{ rooms: 1, members: 100, window: 16, script: answering('publish') },
  },
  {
    name: 'stage-1000',
    story: 'one room of 1,000, sixteen messages in flight',
    ...{ rooms: 1, members: 1000, window: 16, script: answering('publish') },
  },
  {
    name: 'single-10',
    story: 'one room of ten, a single message in flight: nothing to batch',
    ...{ rooms: 1, members: 10, window: 1, script: answering('publish') },
  },
  {
    name: 'storm',
    story: '100 rooms of ten; in each, somebody leaves and joins again all the time, and everybody is told',
    ...{ rooms: 100, members: 10, window: 1, script: answering('rejoin', 'small') },
  },
  {
    name: 'mixed',
    story: '250 calls being set up: leave, join, offer, answer, eight candidates each way, a publish',
    rooms: 250,
    members: 2,
    window: 1,
    script: [
      [{ by: 1, say: 'rejoin', size: 'small' }],
      [{ by: 1, say: 'offer', size: 'sdp' }],
      [{ by: 0, say: 'answer', size: 'sdp' }],
      [
        { by: 0, say: 'candidate', size: 'candidate', times: 8 },
        { by: 1, say: 'candidate', size: 'candidate', times: 8 },
      ],
      [{ by: 0, say: 'publish', size: 'small' }],
    ],
  },
]

/** Fixed rates, about half of what the slowest server manages; less where a machine can't keep them. */
export const LATENCY_LOADS: readonly Load[] = [
  {
    name: 'single-10',
    story: 'one room of ten, 63,000 deliveries a second',
    ...{ rooms: 1, members: 10, window: 1, script: answering('publish'), perSecond: 7000 },
  },
  {
    name: 'calls',
    story: '500 calls of two, 24,000 deliveries a second',
    ...{ rooms: 500, members: 2, window: 1, script: answering('candidate'), perSecond: 24_000 },
  },
]

/** Half of what the slower engine can do, whatever that is. */
export const HALF_LOADS: readonly Load[] = [
  {
    name: 'half-calls',
    story: '500 calls of two, half of what the slower engine can do',
    ...{ rooms: 500, members: 2, window: 1, script: answering('candidate') },
    ...{ perSecond: Number.POSITIVE_INFINITY, ofSlowest: 0.5 },
  },
  {
    name: 'half-meetings-4',
    story: '125 meetings of four, half of what the slower engine can do',
    ...{ rooms: 125, members: 4, window: 1, script: answering('publish') },
    ...{ perSecond: Number.POSITIVE_INFINITY, ofSlowest: 0.5 },
  },
]
