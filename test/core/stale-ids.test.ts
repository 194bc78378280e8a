/** Ids of peers that are gone, after slots have been given out so often that generations began again. */

import { randomInt } from 'node:crypto'
import * as assert from 'uvu/assert'
import { createEngine } from '../../core/engine/create.js'
import { RIGHTS } from '../../core/engine/engine.js'
import { NumberPool } from '../../core/number-pool.js'
import { encodePeerId, PEER_ID_LIMITS } from '../../core/peer-id.js'
import { KINDS } from '../../core/protocol.js'
import { ENGINES, suite } from '../suite.js'

const CHURNS = 10_000_000
/** Few peers at a time, so that each slot goes through all its generations several times. */
const PRESENT = 8
/** Every so many generations somebody writes an id down, and keeps it. */
const KEPT = 8192

suite('stale ids', (test) => {
  test('ten million peers come and go: an id that was kept reaches nobody, also when its generation is back', () => {
    const engines = ENGINES.map((name) => createEngine(name))
    const pool = new NumberPool(1000)
    const caller = pool.take()
    for (const engine of engines) {
      engine.addPeer(caller, encodePeerId(0, caller, 0, 1))
      engine.addRoom(0, 'r')
      engine.join(caller, 0, RIGHTS.signal)
    }
    /** Of each engine: how many receive a call to this id. */
    const call = (id: string) => {
      const message = Buffer.from(`{"type":"offer","room":"r","to":"${id}","data":0}`)
      return engines.map((engine) => {
        assert.is(engine.ingest(caller, message), KINDS.offer)
        return engine.recipientCount
      })
    }
    const reached = engines.map(() => 1)
    const unreachable = engines.map(() => 0)
    const kept = new Map<number, string[]>()
    const present: number[] = []
    let metAgain = 0
    for (let churn = 0; churn < CHURNS; churn++) {
      const slot = pool.take()
      const generation = pool.generation(slot)
      const id = encodePeerId(0, slot, generation, randomInt(PEER_ID_LIMITS.tag))
      for (const engine of engines) engine.addPeer(slot, id)
      present.push(slot)
      if (generation % KEPT === 0) {
        for (const engine of engines) engine.join(slot, 0, RIGHTS.signal)
        const key = slot * PEER_ID_LIMITS.generation + generation
        const old = kept.get(key) ?? []
        for (const stale of old) {
          metAgain++
          if (stale.slice(0, 10) !== id.slice(0, 10)) assert.unreachable('the same slot and generation')
          assert.equal(call(stale), unreachable, stale)
        }
        assert.equal(call(id), reached, id)
        kept.set(key, [...old, id])
        for (const engine of engines) engine.leave(slot, 0)
      }
      if (present.length < PRESENT) continue
      const gone = present.shift()!
      for (const engine of engines) engine.removePeer(gone)
      pool.release(gone)
    }
    assert.ok(metAgain > 500, `${metAgain} ids were met by another peer of their slot and generation`)
    for (const ids of kept.values()) for (const id of ids.slice(0, -1)) assert.equal(call(id), unreachable)
    assert.is(pool.used, PRESENT)
  }, 120_000)
})
