import * as assert from 'uvu/assert'
import { Pulse } from '../../../../core/cluster/nodes/pulse.js'
import { decodeHeartbeat, KIND } from '../../../../core/cluster/wire/wire.js'
import { suite } from '../../../suite.js'

const ID = 'AbCdEfGhIjKlMn-_'

suite('core/cluster/pulse', (test) => {
  test('says what the node is at its pace, and to whom it is told to', () => {
    const said: string[] = []
    const say = (topic: string, kind: number, body: Uint8Array) => {
      assert.is(kind, KIND.heartbeat)
      const { name, region, peers, draining, asks } = decodeHeartbeat(ID, Buffer.from(body))
      said.push(
        [topic, name, region, peers, draining ? 'drains' : '', asks ? 'asks' : ''].join(' ').trimEnd(),
      )
    }
    const pulse = new Pulse({ mail: { say }, topic: 'all', name: 'one', region: 'eu', everyMs: 400 })
    pulse.beat(true)
    for (let i = 0; i < 7; i++) pulse.tick(100)
    assert.equal(said.splice(0), ['all one eu 0  asks', 'all one eu 0'])
    assert.not.ok(pulse.report({ load: 1, peers: 7, draining: false }))
    assert.ok(pulse.report({ load: 1, peers: 7, draining: true }), 'a drain is news')
    pulse.tell('inbox', true)
    pulse.tick(100)
    assert.equal(said, ['inbox one eu 7 drains asks', 'all one eu 7 drains'])
  })

  test('says what the node has inherited, the latest first, of too many the latest', () => {
    const said: (readonly string[])[] = []
    const say = (_topic: string, _kind: number, body: Uint8Array) => {
      said.push(decodeHeartbeat(ID, Buffer.from(body)).inherited)
    }
    const pulse = new Pulse({ mail: { say }, topic: 'all', name: 'one', everyMs: 400 })
    const ancestors = Array.from({ length: 20 }, (_, i) => String(i).padStart(16, 'A'))
    pulse.beat()
    pulse.inherit(ancestors)
    pulse.beat()
    assert.equal(said, [[], ancestors.slice(0, 16)])
    assert.equal(pulse.inherited, ancestors.slice(0, 16))
  })
})
