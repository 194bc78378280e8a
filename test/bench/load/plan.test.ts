import * as assert from 'uvu/assert'
import { DIALECTS, type DialectName } from '../../../bench/load/dialects.js'
import { LATENCY_LOADS, LOADS } from '../../../bench/load/loads.js'
import { plan } from '../../../bench/load/plan.js'
import { GROWTH_LOADS } from '../../../bench/suites/growth.js'
import { suite } from '../../suite.js'

const times = { warmSeconds: 0.1, measureSeconds: 0.2 }
const load = (name: string) => LOADS.find((one) => one.name === name)!

suite('bench/load/plan', (test) => {
  test('says what the load is, line by line', () => {
    const lines = plan(load('calls-w8'), 'signalbox', [4711, 4712], times)!.split('\n')
    for (const line of [
      'port\t4711\t4712',
      'rooms\t500',
      'members\t2',
      'window\t16',
      'rate\t0',
      'warm\t0.1',
      'end',
    ])
      assert.ok(lines.includes(line), line)
    assert.ok(lines.includes('step\t-2\t0\t1'))
    assert.ok(lines.includes('ack\t64\t1\t{"type":"ack","seen":\t}'))
  })

  test('a message of many kinds is a template each, said once', () => {
    const lines = plan(load('mixed'), 'signalbox', [1], times)!.split('\n')
    const templates = lines.filter((line) => line.startsWith('template\t'))
    assert.is(templates.length, 5) // join, offer, answer, candidate, publish
    assert.ok(lines.includes('step\t0\t3\t8\t1\t3\t8'), 'eight candidates each way')
  })

  test('what stands in a line can not break it', () => {
    for (const one of [...LOADS, ...LATENCY_LOADS, ...GROWTH_LOADS]) {
      const text = plan(one, 'signalbox', [1], times)!
      assert.not.match(text, /\r/)
      for (const line of text.split('\n')) assert.ok(line.split('\t').length < 64, one.name)
    }
  })

  test('a dialect without words for a load takes no part', () => {
    assert.is(plan(load('storm'), 'relay', [1], times), undefined)
    assert.is(plan(load('meetings-4'), 'peer', [1], times), undefined)
    assert.is(plan(load('mixed'), 'y-webrtc', [1], times), undefined)
    assert.ok(plan(load('calls-w1'), 'peer', [1], times))
  })

  test('the payload of a template is the same bytes in every dialect', () => {
    const payloads = (Object.keys(DIALECTS) as DialectName[]).map((name) => {
      const line = plan(load('calls-w1'), name, [1], times)!
        .split('\n')
        .find((one) => one.startsWith('template'))!
      return line.split('\t')[4]
    })
    assert.is(new Set(payloads).size, 1)
    const text = payloads[0]!.replaceAll('\\\\', '\\')
    assert.is(JSON.stringify(JSON.parse(text)), text, 'and survives a parse')
  })
})
