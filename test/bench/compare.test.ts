import * as assert from 'uvu/assert'
import { compare } from '../../bench/compare.js'
import { result, type Unit } from '../../bench/report.js'
import { suite } from '../suite.js'
import { sampleReport } from './sample-report.js'

const verdict = (unit: Unit, before: number[], after: number[]) => {
  const report = (samples: number[]) => sampleReport([result('micro', 'a', 'b', unit, samples)])
  return compare(report(before), report(after))[0]!.verdict
}

suite('bench/compare', (test) => {
  test('ranges that overlap are no news', () => {
    assert.is(verdict('ns/message', [100, 110, 120], [115, 125, 135]), 'same')
  })

  test('ranges apart are, in the direction of the unit', () => {
    assert.is(verdict('ns/message', [100, 101, 102], [130, 131, 132]), 'worse')
    assert.is(verdict('ns/message', [130, 131, 132], [100, 101, 102]), 'better')
    assert.is(verdict('deliveries/s', [100, 101, 102], [130, 131, 132]), 'better')
  })

  test('a change of less than 5 % is none, however steady the samples', () => {
    assert.is(verdict('ns/message', [100, 100, 100], [104, 104, 104]), 'same')
  })

  test('samples that scatter must move further', () => {
    assert.is(verdict('ns/message', [60, 100, 140], [142, 150, 230]), 'worse')
    assert.is(verdict('ns/message', [60, 100, 140], [141, 143, 300]), 'same')
  })

  test('what only one report has is left out', () => {
    const one = sampleReport([result('micro', 'a', 'b', 'ns', [1])])
    const other = sampleReport([result('micro', 'a', 'c', 'ns', [1])])
    assert.equal(compare(one, other), [])
  })
})
