import * as assert from 'uvu/assert'
import { Stats } from '../../../core/hub/stats.js'
import { KINDS } from '../../../core/protocol.js'
import { suite } from '../../suite.js'

suite('stats', (test) => {
  test('counts messages by kind, and bytes', () => {
    const stats = new Stats()
    stats.accepted(KINDS.offer, 100)
    stats.accepted(KINDS.offer, 50)
    stats.accepted(KINDS.bye, 1)
    assert.is(stats.bytesIn, 151)
    assert.equal({ ...stats.messages }, { ...zeroes(), offer: 2, bye: 1 })
  })

  test('knows every kind from the start, so that a graph has no gaps', () => {
    assert.equal(new Stats().messages, zeroes())
  })

  test('counts refusals by code, those that happened', () => {
    const stats = new Stats()
    stats.refuse('E_JSON')
    stats.refuse('E_JSON')
    stats.refuse('E_AUTH')
    assert.equal(stats.refused, { E_JSON: 2, E_AUTH: 1 })
  })

  test('asks for what waits only when somebody looks', () => {
    const stats = new Stats()
    assert.is(stats.queuedBytes, 0)
    let asked = 0
    stats.measureQueuedBytes = () => ++asked * 10
    assert.is(asked, 0)
    assert.equal([stats.queuedBytes, stats.queuedBytes], [10, 20])
  })
})

const zeroes = () => Object.fromEntries(Object.keys(KINDS).map((name) => [name, 0]))
