import * as assert from 'uvu/assert'
import { matchesRoom } from '../../../core/rooms/room-pattern.js'
import { suite } from '../../suite.js'

suite('room-pattern', (test) => {
  test('an exact name, or a beginning that ends in *', () => {
    for (const [pattern, room] of [
      ['lobby', 'lobby'],
      ['team-*', 'team-'],
      ['team-*', 'team-a*'],
      ['*', 'any'],
      ['a*b', 'a*b'],
      ['(*', '(x'],
    ] as const) {
      assert.ok(matchesRoom(pattern, room), `${pattern} ${room}`)
    }
  })

  test('nothing else: no case folding, no star inside, no regular expression', () => {
    for (const [pattern, room] of [
      ['lobby', 'Lobby'],
      ['lobby', 'lobby2'],
      ['team-*', 'xteam-a'],
      ['team-*', 'team'],
      ['a*b', 'axb'],
      ['a.c', 'abc'],
      ['', 'a'],
    ] as const) {
      assert.not(matchesRoom(pattern, room), `${pattern} ${room}`)
    }
  })
})
