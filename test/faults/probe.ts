/** Loaded into a server's process before anything else: answers the lab's questions about memory and open handles. */

import { setImmediate } from 'node:timers/promises'

export interface Sample {
  /** Live JavaScript objects, and what they hold outside the heap, bytes, after garbage collection. */
  readonly liveBytes: number
  /** The objects alone. The WebAssembly engine's memory isn't among them: it is large, and never grows. */
  readonly heapBytes: number
  readonly residentBytes: number
  /** What keeps the process busy, by kind: `Timeout`, `TCPSocketWrap`… */
  readonly resources: Readonly<Record<string, number>>
}

/** Collects garbage and measures what is left. The process must run with `--expose-gc`. */
export async function sample(): Promise<Sample> {
  for (let i = 0; i < 3; i++) {
    globalThis.gc!()
    await setImmediate() // buffers are given back by callbacks
  }
  const { heapUsed, external, rss } = process.memoryUsage()
  const resources: Record<string, number> = {}
  for (const kind of process.getActiveResourcesInfo()) resources[kind] = (resources[kind] ?? 0) + 1
  return { liveBytes: heapUsed + external, heapBytes: heapUsed, residentBytes: rss, resources }
}

/** Set for the process that the lab has started; workers, whom that one starts, speak with it alone. */
const isAsked = process.env.SIGNALBOX_PROBE !== undefined
delete process.env.SIGNALBOX_PROBE

if (isAsked && process.send !== undefined) {
  process.on('message', () => void sample().then((found) => process.send!(found)))
  process.channel!.unref() // it ends when the server does
  process.on('disconnect', () => process.exit(1)) // and the server with the lab, however that ends
}
