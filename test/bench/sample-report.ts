/** A report as small as one can be, for the tests of what is made from it. */

import { type Report, type Result, result } from '../../bench/report.js'

export const sampleReport = (results: readonly Result[] = SAMPLE): Report => ({
  meta: {
    machine: { cpu: 'a processor', cores: 2, memoryBytes: 1, kernel: '6' },
    node: 'v20',
    commit: 'abc',
    at: '2026-01-02T03:04:05.000Z',
    options: { suites: ['peers'], quick: false, engines: ['wasm'] },
    loadAverage: { before: 0, after: 1 },
    clientShare: 0.5,
    absent: [
      { suite: 'peers', case: 'calls-w1', variant: 'protoo', why: 'connection 3 <lost> 1', failure: true },
      { suite: 'peers', variant: 'c-relay', why: 'there is no C compiler', failure: false },
    ],
  },
  results,
})

const SAMPLE: readonly Result[] = [
  result('micro', 'rewrite-64', 'idiomatic', 'ns/message', [1000, 1100]),
  result('micro', 'rewrite-64', 'wasm', 'ns/message', [100, 110]),
  result('peers', 'calls-w8', 'signalbox-wasm', 'deliveries/s', [400_000]),
  result('peers', 'calls-w8', 'ws-naive', 'deliveries/s', [100_000], 'other processes took 20 % of a core'),
  result('latency', 'calls p50', 'signalbox-wasm', 'µs', [50]),
  result('latency', 'calls p99', 'signalbox-wasm', 'µs', [100]),
  result('latency', 'calls gc', 'signalbox-wasm', 'collections', [3]),
  result('growth', 'connections-10', 'signalbox-wasm', 'ns/delivery', [5000]),
  result('growth', 'connections-10000', 'signalbox-wasm', 'ns/delivery', [6000]),
  result('memory', 'connection', 'signalbox-wasm', 'bytes', [7000]),
]
