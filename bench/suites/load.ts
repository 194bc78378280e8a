/** `load` and `peers`: deliveries a second under every load, ours alone or side by side with everybody else's. */

import { type Contest, contest, contestSeconds, type Rules } from '../load/contest.js'
import { LOADS } from '../load/loads.js'
import { plan } from '../load/plan.js'
import { CEILING_VARIANTS, PEER_VARIANTS } from '../load/variants.js'
import { Progress } from '../progress.js'
import { EVERYBODY, type Findings, type Setting, type Suite, variants } from './suite.js'

const FULL: Rules = { rounds: 5, warmSeconds: 0.3, measureSeconds: 0.7 }
const QUICK: Rules = { rounds: 2, warmSeconds: 0.2, measureSeconds: 0.4 }

const throughput = (suite: 'load' | 'peers', names: readonly string[]): Suite => ({
  async run(setting: Setting): Promise<Findings> {
    const rules = setting.quick ? QUICK : FULL
    const taking = variants(suite, setting, names)
    const entry: Contest = {
      suite,
      loads: LOADS,
      variants: taking.variants,
      rules,
      progress: new Progress(LOADS.length * taking.variants.length * rules.rounds),
      read: ({ name }, { outcome }) => [
        { case: name, unit: 'deliveries/s', value: outcome.deliveries / outcome.seconds },
      ],
    }
    const outcomes = await contest(entry)
    entry.progress.clear()
    return { ...outcomes, absent: [...taking.absent, ...outcomes.absent] }
  },
  seconds({ quick, engines }) {
    const others = [...PEER_VARIANTS, ...CEILING_VARIANTS].filter(({ name }) => names.includes(name))
    const dialects = [...engines.map(() => 'signalbox' as const), ...others.map(({ dialect }) => dialect)]
    const rules = quick ? QUICK : FULL
    const pairs = LOADS.flatMap((one) =>
      dialects.filter((dialect) => plan(one, dialect, [], rules) !== undefined),
    )
    return contestSeconds(pairs.length, rules)
  },
})

export const load: Suite = throughput('load', [])
export const peers: Suite = throughput('peers', EVERYBODY)
