import * as assert from 'uvu/assert'
import { readinessPage } from '../../../core/http/readiness.js'
import { suite } from '../../suite.js'

const up = { state: 'up' } as const
const away = { state: 'degraded' } as const

suite('core/readiness', (test) => {
  test('is 200 while all is well, alone or in a cluster', () => {
    const page = { status: 200, contentType: 'text/plain', body: 'ready\n' }
    assert.equal(readinessPage(false, up, undefined), page)
    assert.equal(readinessPage(false, up, { problems: [] }), page)
  })

  test('a drain and a bus that is away send clients elsewhere', () => {
    const draining = readinessPage(true, away, { problems: [] })
    assert.equal([draining.status, draining.body], [503, 'draining\n'])
    const { status, body } = readinessPage(false, away, { problems: ['x is odd'] })
    assert.equal([status, body], [503, 'degraded: the bus is degraded; x is odd\n'])
  })

  test('what is wrong between nodes is said, and clients are taken', () => {
    const { status, body } = readinessPage(false, up, { problems: ['x is odd', 'y too'] })
    assert.equal([status, body], [200, 'degraded: x is odd; y too\n'])
  })
})
