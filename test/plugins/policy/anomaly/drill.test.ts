import * as assert from 'uvu/assert'
import { suite } from '../../../suite.js'
import { ATTACKS, attack, normalTraffic } from './drill.js'

/** Seconds until the first sign, and until the ban, at most; the drip is slow by its nature. */
const NOTICED_WITHIN = 5
const BANNED_WITHIN = 30
const SLOW_FACTOR = 10

suite('policy/anomaly: drill', (test) => {
  test('a million messages of the benchmarks, and offices that come back: no false alarm', () => {
    const { messages, drill } = normalTraffic(400_000)
    assert.ok(messages >= 1_000_000, `${messages}`)
    assert.equal(drill.noticed, [])
    assert.is(drill.refusedAt, -1)
  }, 120_000)

  test('ten attacks are all noticed, slowed down and ended in time, and each for what it is', () => {
    assert.is(ATTACKS.length, 10)
    const reasons: Record<string, RegExp> = {
      flood: /messages/,
      'join scan': /joins/,
      'id guessing': /messages to nobody/,
      'reconnect storm': /attempts to connect/,
      'slow drip': /connections in no room/,
      'malformed burst': /malformed messages/,
      'ticket guessing': /attempts to connect|wrong tickets/,
      'credential stuffing': /wrong tokens/,
      amplification: /deliveries/,
      'candidate spam': /candidates|messages/,
    }
    for (const one of ATTACKS) {
      const { name, noticedAfter, refusedAfter, bannedAfter, because } = attack(one)
      const factor = name === 'slow drip' ? SLOW_FACTOR : 1
      assert.ok(noticedAfter <= NOTICED_WITHIN * factor, `${name}: noticed after ${noticedAfter} s`)
      assert.ok(refusedAfter >= noticedAfter, `${name}: refused before it was noticed`)
      assert.ok(bannedAfter <= BANNED_WITHIN * factor, `${name}: banned after ${bannedAfter} s`)
      assert.match(because, reasons[name]!)
    }
  }, 120_000)
})
