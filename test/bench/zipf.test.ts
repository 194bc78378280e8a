import * as assert from 'uvu/assert'
import { Zipf } from '../../bench/zipf.js'
import { suite } from '../suite.js'

suite('bench/zipf', (test) => {
  const shares = (zipf: Zipf, count: number) => {
    const seen = new Array<number>(count).fill(0)
    for (let i = 0; i < 50_000; i++) seen[zipf.draw(i / 50_000)]!++
    return seen.map((times) => times / 50_000)
  }

  test('the r-th room is drawn in proportion to 1 / r', () => {
    const seen = shares(new Zipf(4), 4)
    const sum = 1 + 1 / 2 + 1 / 3 + 1 / 4
    seen.forEach((share, r) => {
      assert.ok(Math.abs(share - 1 / (r + 1) / sum) < 0.001, `${r}: ${share}`)
    })
  })

  test('no room gets more than the largest share allowed', () => {
    const seen = shares(new Zipf(1000, 0.02), 1000)
    assert.ok(Math.max(...seen) < 0.0202, `${Math.max(...seen)}`)
    assert.ok(seen[0]! > 0.019)
  })

  test('the ends belong to the first and the last room', () => {
    const zipf = new Zipf(10)
    assert.equal([zipf.draw(0), zipf.draw(1 - 2 ** -32)], [0, 9])
  })
})
