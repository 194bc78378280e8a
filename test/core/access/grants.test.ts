import * as assert from 'uvu/assert'
import { mayJoin, rightsOf } from '../../../core/access/grants.js'
import { RIGHTS } from '../../../core/engine/engine.js'
import { suite } from '../../suite.js'

suite('grants', (test) => {
  test('no list of rooms admits to all, an empty one to none', () => {
    assert.ok(mayJoin({}, 'any'))
    assert.not(mayJoin({ rooms: [] }, 'any'))
  })

  test('a pattern is an exact name, or a prefix when it ends in *', () => {
    const grants = { rooms: ['lobby', 'team-*'] }
    for (const room of ['lobby', 'team-', 'team-a', 'team-a*']) assert.ok(mayJoin(grants, room), room)
    for (const room of ['Lobby', 'lobby2', 'tea', 'team', 'xteam-a', 'a-team-']) {
      assert.not(mayJoin(grants, room), room)
    }
    assert.ok(mayJoin({ rooms: ['*'] }, 'any'))
  })

  test('a star inside a pattern is a star, and nothing of a regular expression is one', () => {
    assert.ok(mayJoin({ rooms: ['a*b'] }, 'a*b'))
    assert.not(mayJoin({ rooms: ['a*b'] }, 'axb'))
    assert.not(mayJoin({ rooms: ['a.c'] }, 'abc'))
    assert.ok(mayJoin({ rooms: ['(*'] }, '(x'))
  })

  test('without the right to join, no pattern helps', () => {
    assert.not(mayJoin({ join: false }, 'any'))
    assert.not(mayJoin({ join: false, rooms: ['*'] }, 'any'))
    assert.ok(mayJoin({ join: true, rooms: ['any'] }, 'any'))
  })

  test('who is hidden may send what is granted expressly', () => {
    assert.is(rightsOf({ hidden: true }), 0)
    assert.is(rightsOf({ hidden: true, publish: true }), RIGHTS.publish)
    assert.is(rightsOf({ hidden: true, signal: true }), RIGHTS.signal)
    assert.is(rightsOf({ hidden: false }), RIGHTS.signal | RIGHTS.publish)
  })

  test('rights are granted unless they are taken away', () => {
    assert.is(rightsOf({}), RIGHTS.signal | RIGHTS.publish)
    assert.is(rightsOf({ signal: true, publish: true }), RIGHTS.signal | RIGHTS.publish)
    assert.is(rightsOf({ signal: false }), RIGHTS.publish)
    assert.is(rightsOf({ publish: false }), RIGHTS.signal)
    assert.is(rightsOf({ signal: false, publish: false }), 0)
  })
})
