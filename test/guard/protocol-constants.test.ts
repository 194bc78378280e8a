import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { CAPACITY, FIELDS, RIGHTS } from '../../core/engine/engine.js'
import { ERRORS } from '../../core/errors.js'
import { FIRST_HOT_KIND, KINDS, LIMITS } from '../../core/protocol.js'
import { suite } from '../suite.js'

const source = readFileSync(new URL('../../../assembly/protocol.ts', import.meta.url), 'utf8')
const constants = new Map(
  [...source.matchAll(/^export const (\w+): \w+ = (-?\w+)$/gm)].map(([, name, value]) => [
    name!,
    Number(value),
  ]),
)
const words = new Map(
  [...source.matchAll(/^export const WORD_(\w+): \w+ = 0x(\w+)$/gm)].map(([, name, hex]) => [
    name!,
    Buffer.from(hex!, 'hex').reverse().toString(),
  ]),
)

const shouting = (name: string) => name.replace(/[A-Z]/g, '_$&').toUpperCase()

/** What assembly/protocol.ts must say, by the names it uses. */
const expected = new Map<string, number>([
  ...Object.entries(KINDS).map(([name, kind]) => [`KIND_${name.toUpperCase()}`, kind] as const),
  ['FIRST_HOT_KIND', FIRST_HOT_KIND],
  ...Object.entries(ERRORS).flatMap(([code, { verdict }]) =>
    verdict === undefined ? [] : [[code, verdict] as const],
  ),
  ...FIELDS.map((name, field) => [`FIELD_${name.toUpperCase()}`, field] as const),
  ...Object.entries(LIMITS).map(([name, limit]) => [shouting(name), limit] as const),
  ...Object.entries(CAPACITY).map(([name, capacity]) => [shouting(name), capacity] as const),
  ...Object.entries(RIGHTS).map(([name, right]) => [`RIGHT_${name.toUpperCase()}`, right] as const),
])

suite('protocol constants', (test) => {
  test('assembly and core agree on every number, and neither has one that the other lacks', () => {
    const found = [...constants].filter(([name]) => !name.startsWith('WORD_')).sort()
    assert.equal(found, [...expected].sort())
  })

  test('every word is spelled as its name says, and each kind and field has one', () => {
    assert.ok(words.size > 0)
    for (const [name, word] of words) assert.is(word, name.toLowerCase())
    for (const name of [...Object.keys(KINDS), ...FIELDS]) {
      assert.ok(words.has(name.slice(0, 8).toUpperCase()), name)
    }
  })

  test('hot kinds are those from FIRST_HOT_KIND on', () => {
    const hot = Object.entries(KINDS).filter(([, kind]) => kind >= FIRST_HOT_KIND)
    assert.equal(
      hot.map(([name]) => name),
      ['offer', 'answer', 'candidate', 'signal', 'publish'],
    )
  })
})
