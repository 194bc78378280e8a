import * as assert from 'uvu/assert'
import { AGAIN, hashId, hashKey, scatter } from '../../../core/balance/hash.js'
import { suite } from '../../suite.js'

suite('core/balance/hash', (test) => {
  test('never changes: processes of two versions must agree', () => {
    assert.equal(
      [hashKey('room'), hashKey('room', AGAIN), hashId('room'), hashKey(''), hashKey('ключ🔑'), scatter(1)],
      [-1079509305, 1750360397, 2127009026, -1832243442, -1220108696, 1364076727],
    )
  })

  test('one more unit, another seed, a nul: another hash', () => {
    const words = ['', '\0', '\0\0', 'a', 'a\0', 'aa', 'b'].flatMap((text) => [
      hashKey(text),
      hashKey(text, AGAIN),
      hashId(text),
    ])
    assert.is(new Set(words).size, words.length)
  })

  test('every bit of the hash is set for half of the keys', () => {
    const KEYS = 4096
    for (let bit = 0; bit < 32; bit++) {
      let set = 0
      for (let i = 0; i < KEYS; i++) set += (hashKey(`room-${i}`) >>> bit) & 1
      assert.ok(Math.abs(set - KEYS / 2) < 5 * Math.sqrt(KEYS / 4), `bit ${bit}: ${set} of ${KEYS}`)
    }
  })
})
