import * as assert from 'uvu/assert'
import { Receipts } from '../../../core/bus/receipts.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'

/** Questions that a test answers by hand. */
function questions() {
  const open: { resolve(): void; reject(error: Error): void }[] = []
  const receipts = new Receipts(() => new Promise<void>((resolve, reject) => open.push({ resolve, reject })))
  return { receipts, open }
}
const turn = () => new Promise((resolve) => setImmediate(resolve))

suite('bus/receipts', (test) => {
  test('one question covers a whole turn', async () => {
    const { receipts, open } = questions()
    let done = 0
    for (let i = 0; i < 100; i++) void receipts.next().then(() => done++)
    assert.is(open.length, 0, 'asked behind what is written in this turn')
    await turn()
    assert.is(open.length, 1)
    open[0]!.resolve()
    await turn()
    assert.is(done, 100)
  })

  test('what is written while a question is under way waits for the one after it', async () => {
    const { receipts, open } = questions()
    const first = receipts.next()
    await turn()
    let done = false
    const second = receipts.next().then(() => {
      done = true
    })
    await turn()
    assert.is(open.length, 1, 'one at a time')
    open[0]!.resolve()
    await first
    await turn()
    assert.equal([open.length, done], [2, false])
    open[1]!.resolve()
    await second
  })

  test('rejects all that wait when the answer is that there is none', async () => {
    const { receipts, open } = questions()
    const first = receipts.next()
    await turn()
    const second = receipts.next()
    open[0]!.reject(new Error('gone'))
    assert.is((await rejection(first)).message, 'gone')
    assert.is((await rejection(second)).message, 'gone')
    assert.is((await rejection(receipts.next())).message, 'gone', 'and nothing is asked any more')
    assert.is(open.length, 1)
  })
})
