/** The figures that Signalbox sets itself, as ratios between results: what was aimed at, and what was measured. */

import type { SuiteName } from './options.js'
import type { Report } from './report.js'

export interface Goal {
  readonly what: string
  /** The measured ratio; undefined when the report has no results for it. */
  readonly measured: number | undefined
  readonly goal: number
  /** Whether the goal is a least or a most. */
  readonly sense: '≥' | '≤'
  readonly reached: boolean | undefined
}

type Place = readonly [suite: SuiteName, name: string, variant: string]
type Row = readonly [what: string, sense: '≥' | '≤', goal: number, above: Place, below: Place]

const micro = (name: string, variant: string): Place => ['micro', name, variant]
const peers = (name: string, variant: string): Place => ['peers', name, variant]
const latency = (name: string, variant: string): Place => ['latency', name, variant]
const growth = (name: string, variant: string): Place => ['growth', name, variant]
const overload = (name: string): Place => ['overload', name, 'with admission']
const memory = (name: string, variant: string): Place => ['memory', name, variant]
const cluster = (name: string, variant: string): Place => ['cluster', name, variant]

/** A second worker brings as much again, but for a tenth. */
const secondWorker = (name: string): readonly Row[] => [
  [
    `${name}: two workers against one`,
    '≥',
    1.8,
    cluster(`workers ${name}`, 'two workers'),
    cluster(`workers ${name}`, 'one worker'),
  ],
  [
    `${name}: processor time of a delivery, two workers: of one`,
    '≤',
    2 / 1.8,
    cluster(`workers ${name} cpu`, 'two workers'),
    cluster(`workers ${name} cpu`, 'one worker'),
  ],
]

/** Idiomatic time ÷ WASM time: how many times faster. */
const faster = (name: string, than: string, goal: number): Row => [
  `${name}: wasm faster than ${than}`,
  '≥',
  goal,
  micro(name, than),
  micro(name, 'wasm'),
]
const against = (name: string, variant: string, goal: number): Row => [
  `${name}: against ${variant}`,
  '≥',
  goal,
  peers(name, 'signalbox-wasm'),
  peers(name, variant),
]

const ROWS: readonly Row[] = [
  faster('rewrite-64', 'idiomatic', 8),
  faster('rewrite-350', 'idiomatic', 10),
  faster('rewrite-3k', 'idiomatic', 9),
  faster('rewrite-350', 'js', 4),
  faster('rewrite-3k', 'js', 3.5),
  against('calls-w8', 'ws-naive', 5),
  against('calls-w8', 'socket.io', 10),
  against('calls-w8', 'peer', 7),
  against('calls-w1', 'ws-naive', 1.4),
  against('calls-w1', 'socket.io', 2),
  against('meetings-4', 'ws-naive', 10),
  against('meetings-4', 'socket.io', 10),
  against('meetings-4', 'c-relay-batched', 0.5),
  against('meetings-10', 'ws-naive', 9),
  against('meetings-10', 'socket.io', 9),
  against('stage-100', 'ws-naive', 9),
  against('stage-100', 'socket.io', 12),
  against('stage-100', 'c-relay-batched', 0.8),
  against('single-10', 'ws-naive', 1.2),
  [
    'p99, room of ten: of ws-naive',
    '≤',
    0.8,
    latency('single-10 p99', 'signalbox-wasm'),
    latency('single-10 p99', 'ws-naive'),
  ],
  [
    'p99, room of ten: of socket.io',
    '≤',
    1 / 8,
    latency('single-10 p99', 'signalbox-wasm'),
    latency('single-10 p99', 'socket.io'),
  ],
  [
    'p99, calls: of ws-naive',
    '≤',
    0.2,
    latency('calls p99', 'signalbox-wasm'),
    latency('calls p99', 'ws-naive'),
  ],
  [
    'GC pauses at 3 KB: of idiomatic',
    '≤',
    0.2,
    micro('gc-3k pauses', 'wasm'),
    micro('gc-3k pauses', 'idiomatic'),
  ],
  against('meetings-4', 'signalbox-js', 1.15),
  against('meetings-4-3k', 'signalbox-js', 2),
  [
    'memory of an idle connection: of ws-naive',
    '≤',
    0.6,
    memory('connection', 'signalbox-wasm'),
    memory('connection', 'ws-naive'),
  ],
  [
    'served in time at three times capacity: of the peak',
    '≥',
    0.9,
    overload('worst served'),
    overload('peak served'),
  ],
  [
    'p99 of calls at three times capacity: of that at half',
    '≤',
    2,
    overload('worst p99'),
    overload('baseline p99'),
  ],
  [
    'a delivery at 10,000 connections: of one at 10',
    '≤',
    1.5,
    growth('connections-10000', 'signalbox-wasm'),
    growth('connections-10', 'signalbox-wasm'),
  ],
  ...secondWorker('calls-w1'),
  ...secondWorker('calls-w8'),
]

/** Every goal, in the order of the roadmap. */
export function goals({ results }: Report): readonly Goal[] {
  const median = ([suite, name, variant]: Place) =>
    results.find((one) => one.suite === suite && one.case === name && one.variant === variant)?.median
  return ROWS.map(([what, sense, goal, above, below]) => {
    const dividend = median(above)
    const divisor = median(below)
    const measured =
      dividend === undefined || divisor === undefined || divisor === 0 ? undefined : dividend / divisor
    const reached = measured === undefined ? undefined : sense === '≥' ? measured >= goal : measured <= goal
    return { what, measured, goal, sense, reached }
  })
}
