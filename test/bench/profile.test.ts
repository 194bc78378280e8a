import * as assert from 'uvu/assert'
import { profileOf } from '../../bench/profile.js'
import { suite } from '../suite.js'
import { missingCompiler } from './load/missing-compiler.js'

suite('bench/profile', (test) => {
  if (missingCompiler !== undefined) {
    test.skip('everything', missingCompiler)
    return
  }

  test('names the functions of a server under load', async () => {
    const { times, perSecond } = await profileOf('meetings-4', 'js', {
      warmSeconds: 0.1,
      measureSeconds: 0.3,
    })
    assert.ok(perSecond > 0)
    assert.ok(times.length > 10)
    assert.ok(times[0]!.share > 0 && times[0]!.share < 1)
    assert.ok(
      times.some(({ where }) => /outbox\.js:\d+$/.test(where)),
      'one of ours is among them',
    )
  }, 60_000)
})
