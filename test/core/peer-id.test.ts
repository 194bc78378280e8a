import fc from 'fast-check'
import * as assert from 'uvu/assert'
import { encodePeerId, generationOfPeerId, PEER_ID_LIMITS, slotOfPeerId } from '../../core/peer-id.js'
import { suite } from '../suite.js'

suite('peer ids', (test) => {
  test('each part stands where it should, most significant first', () => {
    assert.is(encodePeerId(0, 0, 0, 0), 'AAAAAAAAAAAAAAAA')
    assert.is(encodePeerId(1, 0, 0, 0), 'AABAAAAAAAAAAAAA')
    assert.is(encodePeerId(0, 1, 0, 0), 'AAAAAABAAAAAAAAA')
    assert.is(encodePeerId(0, 0, 1, 0), 'AAAAAAAAABAAAAAA')
    assert.is(encodePeerId(0, 0, 0, 1), 'AAAAAAAAAAAAAAAB')
    assert.is(encodePeerId(2 ** 18 - 1, 2 ** 24 - 1, 2 ** 18 - 1, 2 ** 36 - 1), '_'.repeat(16))
  })

  test('it is the base64url of the 96 bits', () => {
    const below = (limit: number) => fc.maxSafeNat().map((n) => n % limit)
    const { node, slot, generation, tag } = PEER_ID_LIMITS
    fc.assert(
      fc.property(below(node), below(slot), below(generation), below(tag), (n, s, g, t) => {
        const id = encodePeerId(n, s, g, t)
        const bits = (BigInt(n) << 78n) | (BigInt(s) << 54n) | (BigInt(g) << 36n) | BigInt(t)
        assert.is(id, Buffer.from(bits.toString(16).padStart(24, '0'), 'hex').toString('base64url'))
        assert.is(slotOfPeerId(id), s)
      }),
    )
  })

  test('what is not shaped like an id has no slot', () => {
    for (const text of [
      '',
      'A',
      'A'.repeat(15),
      'A'.repeat(17),
      `${'A'.repeat(15)}=`,
      `${'A'.repeat(15)}+`,
    ]) {
      assert.is(slotOfPeerId(text), -1, text)
    }
    assert.is(slotOfPeerId(`${'A'.repeat(16)}\n`), -1)
    assert.is(slotOfPeerId(`${'A'.repeat(14)}é`), -1)
  })

  test('a part that does not fit is refused', () => {
    const beyond: [node: number, slot: number, generation: number, tag: number][] = [
      [2 ** 18, 0, 0, 0],
      [0, 2 ** 24, 0, 0],
      [0, 0, 2 ** 18, 0],
      [0, 0, 0, 2 ** 36],
      [0, -1, 0, 0],
      [0, 1.5, 0, 0],
    ]
    for (const parts of beyond) assert.throws(() => encodePeerId(...parts), RangeError)
  })

  test('slot and generation are read back from an id', () => {
    for (const [slot, generation] of [
      [0, 0],
      [1, 2],
      [2 ** 24 - 1, 2 ** 18 - 1],
    ] as const) {
      const id = encodePeerId(5, slot, generation, 77)
      assert.equal([slotOfPeerId(id), generationOfPeerId(id)], [slot, generation])
    }
    assert.is(generationOfPeerId('no id'), -1)
  })
})
