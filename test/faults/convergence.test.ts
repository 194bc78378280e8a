import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { disagreement } from './convergence.js'
import type { LabClient } from './lab-client.js'

/** A client that believes what it is given. */
const believer = (peer: string, rooms: Record<string, string[]>, isConnected = true) =>
  ({
    client: peer.toLowerCase(),
    peer,
    node: 'n0.1',
    isConnected,
    rooms: new Map(Object.entries(rooms).map(([room, others]) => [room, new Set(others)])),
  }) as unknown as LabClient

suite('faults/convergence', (test) => {
  test('all know all others of each room, and nobody else', () => {
    const all = [believer('A', { r: ['B'], s: [] }), believer('B', { r: ['A'] }), believer('C', {})]
    assert.is(disagreement(all), undefined)
  })

  test('somebody is missing, or still there, or away', () => {
    const [ada, ben] = [believer('A', { r: [] }), believer('B', { r: ['A'] })]
    assert.is(disagreement([ada, ben]), "a at n0.1 doesn't know B in r")
    assert.is(disagreement([believer('A', { r: ['B'] })]), 'a at n0.1 still sees B in r')
    assert.is(disagreement([believer('A', {}, false)]), 'a is not connected')
  })
})
