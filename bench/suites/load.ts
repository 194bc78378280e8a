/** `load` and `peers`: deliveries a second under every load, ours alone or side by side with everybody else's. */

import { type Contest, contest, type Rules } from '../load/contest.js'
import { LOADS } from '../load/loads.js'
import { Progress } from '../progress.js'
import { EVERYBODY, type Findings, type Setting, type Suite, variants } from './suite.js'

const FULL: Rules = { rounds: 5, warmSeconds: 0.3, measureSeconds: 0.8 }
const QUICK: Rules = { rounds: 2, warmSeconds: 0.2, measureSeconds: 0.4 }

const throughput =
  (suite: 'load' | 'peers', names: readonly string[]): Suite =>
  async (setting: Setting): Promise<Findings> => {
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
  }

export const load: Suite = throughput('load', [])
export const peers: Suite = throughput('peers', EVERYBODY)
