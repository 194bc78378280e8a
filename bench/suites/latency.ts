/**
 * `latency`: messages leave at fixed times whatever the server does, and the clock of each starts when it was due, so
 * that a server that stalls can't hide the messages that had to wait (coordinated omission).
 */

import { contest, type Reading, type Rules, type Run } from '../load/contest.js'
import { LATENCY_LOADS, type Load } from '../load/loads.js'
import { Progress } from '../progress.js'
import { type Suite, variants } from './suite.js'

const FULL: Rules = { rounds: 5, warmSeconds: 0.5, measureSeconds: 2 }
const QUICK: Rules = { rounds: 2, warmSeconds: 0.3, measureSeconds: 0.7 }

/** As the client reports them. */
export const PERCENTILES = ['50', '75', '90', '95', '99', '99.5', '99.9', '99.99'] as const

function read({ name }: Load, { outcome, probe }: Run): readonly Reading[] {
  const percentiles = PERCENTILES.map((p): Reading => {
    const value = (outcome.latencyNs?.[p] ?? Number.NaN) / 1000
    return { case: `${name} p${p}`, unit: 'µs', value }
  })
  if (!probe) return percentiles
  return [
    ...percentiles,
    { case: `${name} gc`, unit: 'collections', value: probe.collections / outcome.seconds },
    { case: `${name} gc-pauses`, unit: 'ms', value: probe.pauseMs / outcome.seconds },
    { case: `${name} gc-longest`, unit: 'ms', value: probe.longestPauseMs },
  ]
}

export const latency: Suite = async (setting) => {
  const rules = setting.quick ? QUICK : FULL
  const names = ['ws-naive', 'ws-once', 'socket.io', 'node-relay', 'c-relay', 'c-relay-batched']
  const taking = variants('latency', setting, names)
  const progress = new Progress(LATENCY_LOADS.length * taking.variants.length * rules.rounds)
  const outcomes = await contest({
    suite: 'latency',
    loads: LATENCY_LOADS,
    variants: taking.variants,
    rules,
    progress,
    read,
  })
  progress.clear()
  return { ...outcomes, absent: [...taking.absent, ...outcomes.absent] }
}
