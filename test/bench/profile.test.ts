import * as assert from 'uvu/assert'
import { compile, NoProgram } from '../../bench/load/compile.js'
import { profileOf } from '../../bench/profile.js'
import { suite } from '../suite.js'

const why = (() => {
  try {
    compile('client')
    return undefined
  } catch (error) {
    if (error instanceof NoProgram) return error.message
    throw error
  }
})()

suite('bench/profile', (test) => {
  if (why !== undefined) {
    test.skip('everything', why)
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
