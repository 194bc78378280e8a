import type { Lab } from '../lab.js'
import type { LabClient } from '../lab-client.js'
import { until } from '../waiting.js'
import type { Place } from '../wire.js'

/** How many clients connect at a time: a browser's worth of patience for each. */
const BATCH = 200
const GATHER_MS = 180_000

/** The rooms of a crowd of `count`. */
export const crowdRooms = (count: number, roomSize: number): string[] =>
  Array.from({ length: Math.ceil(count / roomSize) }, (_, i) => `crowd ${i}`)

/** Connects so many clients, in rooms of `roomSize`, and waits until all are in. */
export async function gather(
  lab: Lab,
  count: number,
  roomSize: number,
  place: () => Place,
): Promise<LabClient[]> {
  const clients: LabClient[] = []
  while (clients.length < count) {
    const batch = Math.min(BATCH, count - clients.length)
    for (let i = 0; i < batch; i++) {
      const client = lab.client(`client ${clients.length}`, place)
      client.start()
      clients.push(client)
    }
    await until('clients are connected', () => clients.every((client) => client.isConnected), GATHER_MS)
    lab.note(`${clients.length} of ${count} connected`)
  }
  for (const [i, client] of clients.entries()) client.join(`crowd ${Math.floor(i / roomSize)}`)
  await until('clients are in their rooms', () => clients.every((client) => client.isSettled), GATHER_MS)
  return clients
}

export interface Quantiles {
  readonly p50: number
  readonly p90: number
  readonly p99: number
}

/** The values that half, a tenth and a hundredth of a list of numbers exceed. */
export function quantiles(values: readonly number[]): Quantiles {
  const sorted = [...values].sort((a, b) => a - b)
  const at = (share: number) => sorted[Math.min(sorted.length - 1, Math.floor(sorted.length * share))] ?? 0
  return { p50: at(0.5), p90: at(0.9), p99: at(0.99) }
}

/** Milliseconds with as many digits as mean anything. */
export const ms = (value: number): string => `${value < 10 ? value.toFixed(1) : Math.round(value)} ms`

export const mib = (bytes: number): string => `${(bytes / 2 ** 20).toFixed(2)} MiB`
