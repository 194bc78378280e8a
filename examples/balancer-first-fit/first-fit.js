/** Fills the first target up to a limit before it uses the next: the fewest machines that do. */

import { definePlugin, injected, OPTIONS, Type } from 'signalbox/plugin'

const options = Type.Object({
  fullAt: Type.Number({
    exclusiveMinimum: 0,
    maximum: 1,
    default: 0.8,
    description: 'load that counts as full',
  }),
})

class FirstFit {
  #fullAt

  constructor({ fullAt }) {
    this.#fullAt = fullAt
  }

  /** When all are full, the least loaded. A target that reports no load counts as idle. */
  pick(_key, candidates) {
    let leastLoaded
    for (const candidate of candidates) {
      if (loadOf(candidate) < this.#fullAt) return candidate
      if (!leastLoaded || loadOf(candidate) < loadOf(leastLoaded)) leastLoaded = candidate
    }
    return leastLoaded
  }
}

const loadOf = ({ load = 0 }) => load

export default definePlugin({
  kind: 'balancer',
  name: 'first-fit',
  description: 'Fills one target before it uses the next. Not sticky.',
  options,
  useClass: injected(FirstFit, OPTIONS),
})
