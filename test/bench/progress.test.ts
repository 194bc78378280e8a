import * as assert from 'uvu/assert'
import { duration, Progress } from '../../bench/progress.js'
import { suite } from '../suite.js'

const terminal = (isTTY: boolean) => {
  const written: string[] = []
  const out = { isTTY, write: (text: string) => written.push(text) } as unknown as NodeJS.WriteStream
  return { out, written }
}

suite('bench/progress', (test) => {
  test('says how far it is, and how long it may take', () => {
    const { out, written } = terminal(true)
    const progress = new Progress(2, out)
    progress.show('first')
    progress.step()
    progress.show('second')
    assert.match(written[0]!, /0\/2 .*not known yet.*first/)
    assert.match(written[1]!, /1\/2 .*about \d+ s left.*second/)
  })

  test('in a log it says so every half minute', () => {
    const { out, written } = terminal(false)
    let now = 1000
    const progress = new Progress(10, out, () => now)
    for (let i = 0; i < 10; i++) {
      progress.show(`step ${i}`)
      progress.step()
      now += 10_000
    }
    progress.clear()
    assert.equal(written, [
      '3/10  about 70 s left  step 3\n',
      '6/10  about 40 s left  step 6\n',
      '9/10  about 10 s left  step 9\n',
    ])
  })

  test('durations are short words', () => {
    assert.is(duration(75_400), '75 s')
    assert.is(duration(12 * 60_000), '12 min')
    assert.is(duration(-5), '0 s')
  })
})
