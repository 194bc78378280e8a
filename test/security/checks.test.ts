import * as assert from 'uvu/assert'
import { ENGINES, suite } from '../suite.js'
import { CHECKS } from './checks.js'
import { tryCheck } from './world.js'

for (const engine of ENGINES) {
  suite(`security (${engine})`, (test) => {
    for (const check of CHECKS) {
      if (check.missing !== undefined) test.skip(`${check.number} ${check.holds}`, check.missing)
      else {
        test(
          `${check.number} ${check.holds}`,
          async () => assert.is(await tryCheck(check, engine), undefined),
          40_000,
        )
      }
    }
  })
}
