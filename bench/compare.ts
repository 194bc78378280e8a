/** `--compare`: what changed since an earlier report, beyond what changes by itself. */

import { moreIsBetter, type Report, type Result } from './report.js'
import { spread } from './statistics.js'

export interface Change {
  readonly suite: string
  readonly case: string
  readonly variant: string
  readonly unit: string
  readonly before: number
  readonly after: number
  /** After ÷ before. */
  readonly ratio: number
  readonly verdict: 'better' | 'worse' | 'same'
}

/** A median that moves less than this is no news on any machine that also does other things. */
const LEAST_SHARE = 0.05

/**
 * Pairs the results of both reports; what only one of them has is left out. A change counts when the ranges of the
 * samples don't overlap, and the medians differ by more than 5 % and more than a quarter of both spreads together.
 */
export function compare(before: Report, after: Report): readonly Change[] {
  const old = new Map(before.results.map((one) => [key(one), one]))
  return after.results.flatMap((now) => {
    const then = old.get(key(now))
    return then === undefined ? [] : [change(then, now)]
  })
}

const key = ({ suite, case: name, variant, unit }: Result) => [suite, name, variant, unit].join('\n')

function change(then: Result, now: Result): Change {
  const ratio = then.median === 0 ? 1 : now.median / then.median
  const apart = now.min > then.max || now.max < then.min
  const changed = apart && Math.abs(ratio - 1) > Math.max(LEAST_SHARE, (spread(then) + spread(now)) / 4)
  const { suite, case: name, variant, unit } = now
  return {
    suite,
    case: name,
    variant,
    unit,
    before: then.median,
    after: now.median,
    ratio,
    verdict: !changed ? 'same' : ratio > 1 === moreIsBetter(unit) ? 'better' : 'worse',
  }
}
