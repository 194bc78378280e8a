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

  test('is silent where nobody watches', () => {
    const { out, written } = terminal(false)
    const progress = new Progress(1, out)
    progress.show('x')
    progress.clear()
    assert.equal(written, [])
  })

  test('durations are short words', () => {
    assert.is(duration(75_400), '75 s')
    assert.is(duration(12 * 60_000), '12 min')
    assert.is(duration(-5), '0 s')
  })
})
