/** One variant of the hot path in a process of its own: `node variant-program.js NAME`, asked over its channel. */

import { watchOthers } from '../load/others.js'
import { microCases, populate } from './cases.js'
import { garbageOf } from './garbage.js'
import { hotPath } from './hot-path.js'
import { nanoseconds } from './nanoseconds.js'
import type { Answer, Question } from './variant-process.js'

const path = hotPath(process.argv[2]!)
populate(path)
const cases = new Map(microCases().map((one) => [one.name, one]))

process.on('message', (question: Question) => void answer(question))
process.on('disconnect', () => process.exit())

async function answer({ case: name, rules, garbageMessages }: Question): Promise<void> {
  const work = cases.get(name)!.prepare(path)
  const othersShare = watchOthers()
  const found =
    garbageMessages === undefined
      ? { nanoseconds: nanoseconds(work, rules) }
      : { garbage: await garbageOf(work, garbageMessages) }
  process.send!({ ...found, othersShare: othersShare() ?? 0 } satisfies Answer)
}
