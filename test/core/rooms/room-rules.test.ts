import * as assert from 'uvu/assert'
import { RoomRules } from '../../../core/rooms/room-rules.js'
import { suite } from '../../suite.js'

const rule = { door: 'open', lobbyMs: 1000, lobbySize: 5, duplicates: 'allow' } as const

suite('room-rules', (test) => {
  test('the first entry that matches counts; nothing is mixed', () => {
    const rules = new RoomRules(
      [
        { match: 'class-7', ...rule, door: 'locked', capacity: 3 },
        { match: 'class-*', ...rule, door: 'lobby' },
      ],
      50,
    )
    assert.equal(rules.of('class-7'), { ...rule, door: 'locked', capacity: 3 })
    assert.equal(rules.of('class-77'), { ...rule, door: 'lobby', capacity: 50 })
    assert.is(rules.of('elsewhere').door, 'open')
    assert.is(rules.of('elsewhere').capacity, 50)
  })

  test('no rule takes more members than the server does', () => {
    assert.is(new RoomRules([{ match: '*', ...rule, capacity: 90 }], 50).of('a').capacity, 50)
  })

  test('names that objects know are names', () => {
    const rules = new RoomRules([{ match: '__proto__', ...rule, door: 'locked' }], 9)
    assert.equal([rules.of('__proto__').door, rules.of('constructor').door], ['locked', 'open'])
  })
})
