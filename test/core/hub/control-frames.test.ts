import * as assert from 'uvu/assert'
import * as frames from '../../../core/hub/control-frames.js'
import { textsOf } from '../../contract/frames.js'
import { suite } from '../../suite.js'

const text = (frame: Buffer): string => textsOf(frame)[0]!
const json = (frame: Buffer): unknown => JSON.parse(text(frame))

const ID = 'AAAAAAAAAAAAAAAA'
/** A name with everything that JSON must escape, and things that it needn't. */
const ODD_ROOM = 'a"b\\c/é\u2028😀'

suite('control-frames', (test) => {
  test('joined: metadata goes in as the JSON text that it came as', () => {
    const members = [
      { id: ID, data: '{ "a" : 1.0 }' },
      { id: 'BBBBBBBBBBBBBBBB', data: 'null' },
    ]
    assert.is(
      text(frames.joinedFrame(3, 'r', members)),
      `{"type":"joined","id":3,"room":"r","peers":[{"id":"${ID}","data":{ "a" : 1.0 },"polite":true},{"id":"BBBBBBBBBBBBBBBB","data":null,"polite":true}]}`,
    )
    assert.equal(json(frames.joinedFrame(0, ODD_ROOM, [])), { type: 'joined', room: ODD_ROOM, peers: [] })
  })

  test('peer-joined, peer-updated and peer-left', () => {
    const peer = { id: ID, data: '"x"' }
    assert.equal(json(frames.peerJoinedFrame(ODD_ROOM, peer)), {
      type: 'peer-joined',
      room: ODD_ROOM,
      peer: { id: ID, data: 'x', polite: false },
    })
    assert.equal(json(frames.peerUpdatedFrame(ODD_ROOM, peer)), {
      type: 'peer-updated',
      room: ODD_ROOM,
      peer: { id: ID, data: 'x' },
    })
    assert.equal(json(frames.peerLeftFrame(ODD_ROOM, ID)), {
      type: 'peer-left',
      room: ODD_ROOM,
      peer: { id: ID },
    })
  })

  test('errors: fields that say nothing are left out, waits are whole milliseconds', () => {
    assert.equal(json(frames.errorFrame(0, 'E_JSON', 'say "please"')), {
      type: 'error',
      code: 'E_JSON',
      message: 'say "please"',
    })
    assert.equal(json(frames.errorFrame(9, 'E_RATE', 'wait', 12.1)), {
      type: 'error',
      id: 9,
      code: 'E_RATE',
      message: 'wait',
      retryAfterMs: 13,
    })
    assert.equal((json(frames.errorFrame(1, 'E_RATE', 'now', 0)) as { retryAfterMs: number }).retryAfterMs, 0)
  })

  test('ack, ping and goaway', () => {
    assert.equal(json(frames.ackFrame(2 ** 53 - 1)), { type: 'ack', id: 2 ** 53 - 1 })
    assert.equal(json(frames.PING_FRAME), { type: 'ping' })
    const goaway = { type: 'goaway', reason: 'shutdown', afterMs: 50 }
    assert.equal(json(frames.goawayFrame('shutdown', 50, true)), goaway)
    assert.equal(json(frames.goawayFrame('shutdown', 50, false)), { ...goaway, ticket: null })
  })

  test('welcome has its type first', () => {
    const welcome = {
      peer: ID,
      session: { ticket: null, windowMs: 0, resumed: false, lastId: 0 },
      pingMs: 10_000,
      limits: { messageBytes: 1, metadataBytes: 2, roomBytes: 3, roomsPerPeer: 4, membersPerRoom: 5 },
      iceServers: [{ urls: ['stun:stun.example'] }],
    }
    assert.is(text(frames.welcomeFrame(welcome)), JSON.stringify({ type: 'welcome', ...welcome }))
  })
})
