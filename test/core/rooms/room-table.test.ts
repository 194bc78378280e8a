import * as assert from 'uvu/assert'
import { createEngine } from '../../../core/engine/create.js'
import { CAPACITY } from '../../../core/engine/engine.js'
import { Stats } from '../../../core/hub/stats.js'
import { RoomRules } from '../../../core/rooms/room-rules.js'
import { RoomTable } from '../../../core/rooms/room-table.js'
import { suite } from '../../suite.js'

const RULE = new RoomRules([], 100).of('r')

const makeTable = () => {
  const stats = new Stats()
  return { stats, table: new RoomTable(createEngine('js'), stats) }
}

suite('room-table', (test) => {
  test('a room is found by its name and by its number until it is closed', () => {
    const { table, stats } = makeTable()
    const [kitchen, hall] = [table.open('kitchen', RULE), table.open('hall', RULE)]
    assert.is(table.find('hall'), hall)
    assert.is(table.at(kitchen.number), kitchen)
    assert.equal([...table], [kitchen, hall])
    assert.is(stats.rooms, 2)
    table.close(kitchen)
    assert.equal([table.find('kitchen'), table.at(kitchen.number), stats.rooms], [undefined, undefined, 1])
    assert.is(table.at(hall.number), hall)
  })

  test('what the engine can hold bounds it, and nothing changes at the bound', () => {
    const { table, stats } = makeTable()
    for (let i = 0; i < CAPACITY.rooms; i++) table.open(`room ${i}`, RULE)
    assert.throws(
      () => table.open('one too many', RULE),
      (error: { code: string }) => error.code === 'E_BUSY',
    )
    assert.is(table.find('one too many'), undefined)
    assert.is(stats.rooms, CAPACITY.rooms)
  })
})
