/**
 * `latency`: messages leave at fixed times whatever the server does, and the clock of each starts when it was due, so
 * that a server that stalls can't hide the messages that had to wait (coordinated omission).
 */

import { contest, contestSeconds, type Reading, type Rules, type Run } from '../load/contest.js'
import { HALF_LOADS, LATENCY_LOADS, type Load } from '../load/loads.js'
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

const OTHERS = ['ws-naive', 'socket.io', 'node-relay', 'c-relay-batched']

export const latency: Suite = {
  async run(setting) {
    const rules = setting.quick ? QUICK : FULL
    const taking = variants('latency', setting, OTHERS)
    const own = variants('latency', setting, []).variants
    const progress = new Progress(
      (LATENCY_LOADS.length * taking.variants.length + HALF_LOADS.length * own.length) * rules.rounds,
    )
    const measured = { suite: 'latency' as const, rules, progress, read }
    const beside = await contest({ ...measured, loads: LATENCY_LOADS, variants: taking.variants })
    const half = await contest({ ...measured, loads: HALF_LOADS, variants: own })
    progress.clear()
    return {
      results: [...beside.results, ...half.results],
      absent: [...taking.absent, ...beside.absent, ...half.absent],
      clientShare: Math.max(beside.clientShare, half.clientShare),
    }
  },
  seconds({ quick, engines }) {
    const rules = quick ? QUICK : FULL
    return (
      contestSeconds(LATENCY_LOADS.length * (OTHERS.length + engines.length), rules) +
      contestSeconds(HALF_LOADS.length * engines.length, rules)
    )
  },
}
