import * as assert from 'uvu/assert'
import { NumberPool } from '../../core/number-pool.js'
import { suite } from '../suite.js'

suite('number-pool', (test) => {
  test('hands out numbers densely from 0, and -1 when all are out', () => {
    const pool = new NumberPool(3)
    assert.equal([pool.take(), pool.take(), pool.take(), pool.take(), pool.take()], [0, 1, 2, -1, -1])
    assert.is(pool.used, 3)
    pool.release(1)
    assert.equal([pool.take(), pool.take()], [1, -1])
  })

  test('a freed number goes to the back of the line', () => {
    const pool = new NumberPool(4)
    for (let i = 0; i < 4; i++) pool.take()
    for (const number of [2, 0, 3]) pool.release(number)
    assert.equal([pool.take(), pool.take(), pool.take()], [2, 0, 3])
  })

  test('freed numbers are used again before fresh ones, so that tables stay dense', () => {
    const pool = new NumberPool(100)
    pool.take()
    pool.take()
    pool.release(0)
    assert.is(pool.take(), 0)
    assert.is(pool.take(), 2)
  })

  test('each reuse has another generation, and generations wrap around', () => {
    const pool = new NumberPool(1, 2)
    const seen: number[] = []
    for (let i = 0; i < 6; i++) {
      const number = pool.take()
      seen.push(pool.generation(number))
      pool.release(number)
    }
    assert.equal(seen, [0, 1, 2, 3, 0, 1])
  })

  test('a million takes and releases: nothing twice, nothing lost', () => {
    const capacity = 5000
    const pool = new NumberPool(capacity)
    const out = new Uint8Array(capacity)
    const line: number[] = []
    let head = 0
    // A small generator of our own: the same churn in every run.
    let state = 1
    for (let i = 0; i < 1_000_000; i++) {
      state = (Math.imul(state, 1_103_515_245) + 12_345) & 0x7fffffff
      const held = line.length - head
      if (held === 0 || (state % 3 > 0 && held < capacity)) {
        const number = pool.take()
        if (number < 0 || number >= capacity || out[number] === 1) assert.unreachable(`took ${number}`)
        out[number] = 1
        line.push(number)
      } else {
        const number = line[head++]!
        out[number] = 0
        pool.release(number)
      }
    }
    assert.is(pool.used, line.length - head)
    while (pool.take() !== -1);
    assert.is(pool.used, capacity)
  })

  test('numbers that were claimed are out, with their generation; those between are free', () => {
    const pool = new NumberPool(10)
    pool.claim(2, 7)
    pool.claim(5, 262_143)
    assert.is(pool.used, 2)
    assert.equal([pool.generation(2), pool.generation(5)], [7, 262_143])
    assert.equal(
      Array.from({ length: 9 }, () => pool.take()),
      [0, 1, 3, 4, 6, 7, 8, 9, -1],
    )
    pool.release(2)
    pool.release(5)
    assert.equal([pool.take(), pool.generation(2), pool.take(), pool.generation(5)], [2, 8, 5, 0])
  })
})
