import * as assert from 'uvu/assert'
import { goals } from '../../bench/goals.js'
import { suite } from '../suite.js'
import { sampleReport } from './sample-report.js'

suite('bench/goals', (test) => {
  test('a goal is a ratio of two results, reached or missed', () => {
    const all = goals(sampleReport())
    const of = (what: string) => all.find((goal) => goal.what === what)!
    assert.is(of('rewrite-64: wasm faster than idiomatic').reached, true)
    assert.ok(Math.abs(of('rewrite-64: wasm faster than idiomatic').measured! - 10) < 0.01)
    assert.is(of('calls-w8: against ws-naive').measured, 4)
    assert.is(of('calls-w8: against ws-naive').reached, false)
    assert.is(of('a delivery at 10,000 connections: of one at 10').reached, true)
  })

  test('what was not measured is neither', () => {
    const missing = goals(sampleReport()).find(({ what }) => what === 'stage-100: against socket.io')!
    assert.is(missing.measured, undefined)
    assert.is(missing.reached, undefined)
  })
})
