/** How calls fare, told to the server for its observers: round trip, loss, jitter, bit rates and frames a second. */

import type { Json } from '../core/protocol.js'
import type { Clock } from './clock.js'
import type { ConnectOptions } from './connect-options.js'
import type { Room } from './room.js'

/** How often, where the app doesn't say, and at most: milliseconds. */
const EVERY_MS = 10_000
const LEAST_MS = 1_000
/** Connections of one room that are told in one message, which the server bounds. */
const PEERS_LIMIT = 100

/** What is told of the connection to one peer. What a browser doesn't know is left out, and so are rates at first. */
export interface CallQuality {
  readonly peer: string
  /** Of the path in use, milliseconds. */
  readonly rttMs?: number
  /** Of the packets that should have come since the last time, 0 to 1. */
  readonly lossRatio?: number
  /** The worst of the streams that come in, milliseconds. */
  readonly jitterMs?: number
  readonly receivedBitsPerSecond?: number
  readonly sentBitsPerSecond?: number
  /** The slowest of the pictures that come in. */
  readonly framesPerSecond?: number
}

export interface ReportLink {
  readonly clock: Clock
  rooms(): Iterable<Room>
  send(message: { type: 'stats'; room: string; data: Json }): void
}

/** Begins to report, where the app wants that; the returned function ends it. Rooms without a connection between peers say nothing. */
export function reportQuality(
  stats: ConnectOptions['stats'],
  { clock, rooms, send }: ReportLink,
): () => void {
  if (!stats) return () => {}
  const everyMs = stats === true ? EVERY_MS : Math.max(stats.everyMs, LEAST_MS)
  const before = new WeakMap<RTCPeerConnection, Totals>()
  let isOver = false
  let cancel = () => {}

  const report = async (room: Room): Promise<void> => {
    const peers: CallQuality[] = []
    for (const { id, connection } of room.peers.values()) {
      if (!connection || peers.length === PEERS_LIMIT) continue
      try {
        const now = totalsOf(await connection.getStats(), clock.now())
        peers.push({ peer: id, ...between(before.get(connection), now) })
        before.set(connection, now)
      } catch {} // It has been closed meanwhile.
    }
    if (peers.length > 0 && room.state === 'joined' && !isOver)
      send({ type: 'stats', room: room.name, data: { peers } as unknown as Json })
  }

  const wait = () => {
    cancel = clock.after(everyMs, async () => {
      for (const room of rooms()) if (room.state === 'joined') await report(room)
      if (!isOver) wait()
    })
  }
  wait()
  return () => {
    isOver = true
    cancel()
  }
}

/** What the statistics of a connection count, and what they say of this moment. */
interface Totals {
  readonly at: number
  readonly received: number
  readonly lost: number
  readonly bytesIn: number
  readonly bytesOut: number
  readonly moment: Pick<CallQuality, 'rttMs' | 'jitterMs' | 'framesPerSecond'>
}

/** The fields that are read here (webrtc-stats); any of them may be missing. */
interface Entry {
  readonly id: string
  readonly type: string
  readonly selectedCandidatePairId?: string
  readonly nominated?: boolean
  readonly state?: string
  readonly currentRoundTripTime?: number
  readonly packetsReceived?: number
  readonly packetsLost?: number
  readonly bytesReceived?: number
  readonly bytesSent?: number
  readonly jitter?: number
  readonly framesPerSecond?: number
}

function totalsOf(report: RTCStatsReport, at: number): Totals {
  const entries: Entry[] = []
  report.forEach((entry: Entry) => void entries.push(entry))
  const inbound = entries.filter(({ type }) => type === 'inbound-rtp')
  const outbound = entries.filter(({ type }) => type === 'outbound-rtp')
  const sum = (of: Entry[], field: 'packetsReceived' | 'packetsLost' | 'bytesReceived' | 'bytesSent') =>
    of.reduce((total, entry) => total + (entry[field] ?? 0), 0)
  const jitters = inbound.flatMap(({ jitter }) => jitter ?? [])
  const frames = inbound.flatMap(({ framesPerSecond }) => framesPerSecond ?? [])
  const roundTrip = pathIn(entries)?.currentRoundTripTime
  return {
    at,
    received: sum(inbound, 'packetsReceived'),
    lost: sum(inbound, 'packetsLost'),
    bytesIn: sum(inbound, 'bytesReceived'),
    bytesOut: sum(outbound, 'bytesSent'),
    moment: {
      ...(roundTrip !== undefined && { rttMs: milliseconds(roundTrip) }),
      ...(jitters.length > 0 && { jitterMs: milliseconds(Math.max(...jitters)) }),
      ...(frames.length > 0 && { framesPerSecond: Math.min(...frames) }),
    },
  }
}

/** The candidate pair in use: transports name it; Firefox marks it. */
function pathIn(entries: readonly Entry[]): Entry | undefined {
  const named = entries.flatMap(({ selectedCandidatePairId }) => selectedCandidatePairId ?? [])
  return (
    entries.find(({ id }) => named.includes(id)) ??
    entries.find(
      ({ type, nominated, state }) => type === 'candidate-pair' && nominated && state === 'succeeded',
    )
  )
}

function between(before: Totals | undefined, now: Totals): Omit<CallQuality, 'peer'> {
  const seconds = before ? (now.at - before.at) / 1_000 : 0
  if (!before || seconds <= 0) return now.moment
  // A stream that ended takes its counts with it; late packets make up for lost ones.
  const grown = (field: 'received' | 'lost' | 'bytesIn' | 'bytesOut') =>
    Math.max(0, now[field] - before[field])
  const expected = grown('received') + grown('lost')
  return {
    ...now.moment,
    ...(expected > 0 && { lossRatio: Math.round((grown('lost') / expected) * 10_000) / 10_000 }),
    receivedBitsPerSecond: Math.round((grown('bytesIn') * 8) / seconds),
    sentBitsPerSecond: Math.round((grown('bytesOut') * 8) / seconds),
  }
}

const milliseconds = (seconds: number): number => Math.round(seconds * 10_000) / 10
