import * as assert from 'uvu/assert'
import { LineQueue } from '../../../../plugins/observer/audit/line-queue.js'
import { suite } from '../../../suite.js'

/** A queue whose target takes one piece each time `next` is called. */
function setUp(limitBytes = 1000) {
  const pieces: string[] = []
  const failures: unknown[] = []
  const waiting: { resolve: () => void; reject: (error: Error) => void }[] = []
  const target = {
    append(text: string) {
      pieces.push(text)
      return new Promise<void>((resolve, reject) => waiting.push({ resolve, reject }))
    },
  }
  const told = {
    dropped: (lines: number) => `${lines} lost`,
    failed: (error: unknown) => failures.push(error),
  }
  const queue = new LineQueue(target, limitBytes, told)
  const settle = () => new Promise((resolve) => setImmediate(resolve))
  return {
    queue,
    pieces,
    failures,
    settle,
    next: () => waiting.shift()!.resolve(),
    fail: () => waiting.shift()!.reject(new Error('full')),
  }
}

suite('observer/audit: line queue', (test) => {
  test('what comes in one tick, or while the target is busy, goes in one piece, in order', async () => {
    const { queue, pieces, settle, next } = setUp()
    for (const line of ['a', 'b']) queue.write(line)
    assert.equal(pieces, [], 'nobody waits for the target')
    await settle()
    for (const line of ['c', 'd']) queue.write(line)
    await settle()
    assert.equal(pieces, ['a\nb\n'])
    next()
    await settle()
    assert.equal(pieces, ['a\nb\n', 'c\nd\n'])
    next()
    await queue.flushed()
    queue.write('e')
    await settle()
    assert.is(pieces.at(-1), 'e\n')
    next()
  })

  test('is bounded: what is too much is dropped, and its number written', async () => {
    const { queue, pieces, settle, next } = setUp(10)
    queue.write('first')
    await settle()
    for (let i = 0; i < 5; i++) queue.write('12345')
    next()
    await settle()
    assert.is(pieces[1], '12345\n12345\n3 lost\n')
    next()
    await queue.flushed()
  })

  test('a target that fails costs lines, never the caller; the number is not lost', async () => {
    const { queue, pieces, failures, settle, next, fail } = setUp()
    for (const line of ['a', 'b']) queue.write(line)
    await settle()
    fail()
    await queue.flushed()
    assert.is(failures.length, 1)
    queue.write('c')
    await settle()
    fail()
    await queue.flushed()
    queue.write('d')
    await settle()
    assert.is(pieces.at(-1), 'd\n3 lost\n')
    next()
  })
})
