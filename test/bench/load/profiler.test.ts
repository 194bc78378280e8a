import * as assert from 'uvu/assert'
import { endProfile, selfTimes, startProfile } from '../../../bench/load/profiler.js'
import { suite } from '../../suite.js'

const node = (id: number, functionName: string, url = '', lineNumber = 0) => ({
  id,
  callFrame: { functionName, url, lineNumber, columnNumber: 0, scriptId: '0' },
})

suite('bench/load/profiler', (test) => {
  test('adds up what each function took itself; waiting is left out', () => {
    const times = selfTimes({
      nodes: [
        node(1, '(idle)'),
        node(2, 'push', 'file:///x/outbox.js', 41),
        node(3, 'push', 'file:///x/outbox.js', 41),
      ],
      startTime: 0,
      endTime: 100,
      samples: [1, 2, 3, 1, 2],
      timeDeltas: [50, 10, 20, 500, 10],
    })
    assert.equal(times, [{ where: 'push outbox.js:42', share: 1 }])
  })

  test('finds the function that burns', async () => {
    function burn(ms: number): number {
      let sum = 0
      for (const until = performance.now() + ms; performance.now() < until; ) sum += Math.sqrt(sum + 1)
      return sum
    }
    await startProfile()
    burn(150)
    const times = await endProfile()
    assert.ok(times.some(({ where }) => where.startsWith('burn profiler.test.')))
    const shares = times.map(({ share }) => share)
    assert.ok(Math.abs(shares.reduce((sum, share) => sum + share, 0) - 1) < 1e-9)
    assert.equal(
      shares,
      [...shares].sort((a, b) => b - a),
    )
  })
})
