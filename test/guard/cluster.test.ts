import * as assert from 'uvu/assert'
import { MODERATION } from '../../core/cluster/orders/moderation-records.js'
import { PRESENCE } from '../../core/cluster/presence/presence-records.js'
import { RECORDS } from '../../core/cluster/wire/records.js'
import { KIND, PROTOCOL_VERSION } from '../../core/cluster/wire/wire.js'
import { suite } from '../suite.js'
import { read } from './source-tree.js'

const page = read('docs/reference/cluster.md')

/** The rows of the tables under a heading: name by number. */
function rows(heading: string): Record<string, number> {
  const section = page.split(`\n## ${heading}\n`)[1]!.split('\n## ')[0]!
  const found = [...section.matchAll(/^\| (\d+) +\| `(\w+)`/gm)]
  return Object.fromEntries(found.map(([, number, name]) => [name!, Number(number)]))
}

suite('guard/cluster', (test) => {
  test('the page names every kind of message and of record, by the number that the code gives it', () => {
    assert.equal(rows('Messages'), { ...KIND })
    assert.equal(rows('Records of rooms'), { ...PRESENCE })
    assert.equal(rows('Orders'), { order: RECORDS.orders[0], ...MODERATION })
  })

  test('it is about the version that is spoken, and every type stands in its range', () => {
    assert.match(page, new RegExp(`Version ${PROTOCOL_VERSION}\\.`))
    const inside = (types: object, [from, to]: readonly [number, number]) =>
      Object.values(types).every((type) => type >= from && type < to)
    assert.ok(inside(PRESENCE, RECORDS.presence))
    assert.ok(inside(MODERATION, RECORDS.orders))
  })
})
