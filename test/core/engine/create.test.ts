import * as assert from 'uvu/assert'
import { createEngine } from '../../../core/engine/create.js'
import { ENGINES, suite } from '../../suite.js'
import { idOf } from './world.js'

suite('createEngine', (test) => {
  test('makes the engine that was asked for', () => {
    for (const name of ENGINES) assert.is(createEngine(name).name, name)
  })

  test('engines share nothing', () => {
    for (const name of ENGINES) {
      const [one, other] = [createEngine(name), createEngine(name)]
      for (const engine of [one, other]) {
        engine.addPeer(1, idOf(1))
        engine.addRoom(1, 'room')
      }
      one.join(1, 1, 3)
      const message = Buffer.from('{"type":"publish","room":"room","data":1}')
      assert.ok(one.ingest(1, message) >= 0)
      assert.ok(other.ingest(1, message) < 0)
    }
  })
})
