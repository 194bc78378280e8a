import * as assert from 'uvu/assert'
import { CONNECTIONS, JOINS, Report, SIGNALS } from '../../../../plugins/policy/admission/report.js'
import { capturedLogger } from '../../../captured-logger.js'
import { suite } from '../../../suite.js'

suite('policy/admission/report', (test) => {
  test('says when shedding begins, when it gets worse, and when all of it is over, with the figures', () => {
    const { logger, lines } = capturedLogger()
    const report = new Report(logger)
    const said = () => lines.splice(0).map((line) => line as Record<string, unknown>)
    const tell = (at: number) => report.tell(at, () => ({ turnMs: 7 }))
    tell(0)
    assert.is(report.level, 0)
    for (let i = 0; i < 3; i++) report.count(CONNECTIONS)
    tell(1000)
    assert.is(report.level, 1)
    const [begin, ...more] = said()
    assert.equal([begin!.turnMs, begin!.sheds, more.length], [7, ['connections'], 0])
    report.count(CONNECTIONS)
    tell(2000)
    assert.equal(said(), [], 'once is enough')
    report.count(JOINS)
    tell(3000)
    assert.equal(
      said().map(({ sheds }) => sheds),
      [['connections', 'joins']],
    )
    assert.is(report.level, 2)
    report.count(CONNECTIONS)
    tell(7000)
    assert.is(report.level, 2)
    tell(8500)
    assert.is(report.level, 1, 'joins pass again')
    assert.equal(said(), [])
    tell(11_900)
    assert.equal(said(), [])
    tell(12_100)
    const [over] = said()
    assert.equal([report.level, over!.forMs, over!.turnMs], [0, 6000, 7])
    assert.equal(over!.shed, { connections: 5, joins: 1, publishes: 0, signals: 0 })
  })

  test('a second time is told for itself', () => {
    const { logger, lines } = capturedLogger()
    const report = new Report(logger)
    for (const [at, kind] of [
      [0, SIGNALS],
      [20_000, CONNECTIONS],
    ] as const) {
      report.count(kind)
      report.tell(at, () => ({}))
      report.tell(at + 10_000, () => ({}))
    }
    const told = lines.flatMap(({ shed }) => (shed === undefined ? [] : [shed as Record<string, number>]))
    assert.equal(
      told.map(({ connections, signals }) => [connections, signals]),
      [
        [0, 1],
        [1, 0],
      ],
    )
    assert.equal([report.shed(SIGNALS), report.shed(CONNECTIONS)], [1, 1])
  })
})
