import { Socket } from 'node:net'
import * as assert from 'uvu/assert'
import { systemClock } from '../../../core/clock.js'
import type { Balancer } from '../../../core/contracts/balancer.js'
import type { Arrival } from '../../../core/workers/entrance.js'
import { type Place, Placement } from '../../../core/workers/placement.js'
import { suite } from '../../suite.js'

const arrival = (room?: string): Arrival => ({
  socket: new Socket(),
  head: Buffer.alloc(0),
  room,
  release: () => true,
})

/** A place that remembers what it was given. */
function place(id: string, load = 0): Place & { given: Arrival[] } {
  const given: Arrival[] = []
  return { id, load, given, give: (one) => given.push(one) }
}

/** Sends a room to the candidate that is called like it. */
const byName: Balancer = {
  pick: (key, candidates) => candidates.find(({ id }) => id === key) ?? candidates[0],
}

suite('workers/placement', (test) => {
  test('the balancer decides by the room; without one, the less loaded of two does', () => {
    const placement = new Placement(byName, systemClock)
    const [w0, w1] = [place('w0', 0.9), place('w1', 0.1)]
    placement.serve([w0, w1])
    for (let i = 0; i < 3; i++) placement.place(arrival('w0'))
    for (let i = 0; i < 5; i++) placement.place(arrival())
    assert.equal([w0.given.length, w1.given.length], [3, 5])
    assert.equal(placement.picks, { room: 3, load: 5 })
  })

  test('an empty name is a room like any other: the server behind says what is wrong with it', () => {
    const placement = new Placement(byName, systemClock)
    placement.serve([place('w0')])
    placement.place(arrival(''))
    assert.equal(placement.picks, { room: 1, load: 0 })
  })

  test('while nobody serves they wait, in order; those who have gone meanwhile do not', async () => {
    const placement = new Placement(byName, systemClock)
    const arrivals = [arrival('a'), arrival('b'), arrival('c')]
    for (const one of arrivals) placement.place(one)
    arrivals[1]!.socket.destroy()
    await new Promise((resolve) => arrivals[1]!.socket.once('close', resolve))
    const w0 = place('w0')
    placement.serve([w0])
    assert.equal(
      w0.given.map(({ room }) => room),
      ['a', 'c'],
    )
    assert.equal(placement.picks, { room: 2, load: 0 })
  })

  test('what came back from a worker goes to another one, unless the client has gone', () => {
    const placement = new Placement(byName, systemClock)
    const w1 = place('w1')
    placement.serve([w1])
    const gone = arrival('w0')
    gone.socket.destroy()
    placement.place(gone)
    placement.place(arrival('w0'))
    assert.is(w1.given.length, 1)
  })
})
