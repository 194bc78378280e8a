import * as assert from 'uvu/assert'
import { BadRecord } from '../../../../core/cluster/wire/records.js'
import {
  decodeHeartbeat,
  decodePair,
  encodeHeartbeat,
  encodePair,
  HEADER_BYTES,
  type Incoming,
  KIND,
  PROTOCOL_VERSION,
  Wire,
} from '../../../../core/cluster/wire/wire.js'
import { suite } from '../../../suite.js'

const ID = 'AbCdEfGhIjKlMn-_'
const SECRET = 'a secret of thirty-two characters'
const TOPIC = 'signalbox.nodes'
const BODY = Buffer.from('a body')
const isBad = (error: unknown): boolean => error instanceof BadRecord

const IDLE = { load: 0, peers: 0, draining: false, inherited: [] }

suite('core/cluster/wire', (test) => {
  test('a message says whose it is and what, byte for byte as documented', () => {
    const message = new Wire(ID, undefined).message(TOPIC, KIND.command, BODY)
    assert.is(
      message.toString('hex'),
      `534201${'03'}${Buffer.from(ID, 'base64url').toString('hex')}${BODY.toString('hex')}`,
    )
    assert.equal(new Wire('x'.repeat(16), undefined).open(TOPIC, message), {
      kind: KIND.command,
      sender: ID,
      body: BODY,
    })
  })

  test('with a secret, whatever is changed, cut or moved to another topic is forged', () => {
    const wire = new Wire(ID, SECRET)
    const message = wire.message(TOPIC, KIND.command, BODY)
    assert.is(message.length, HEADER_BYTES + BODY.length + 16)
    assert.equal((wire.open(TOPIC, message) as Incoming).body, BODY)
    for (let i = 0; i < message.length; i++) {
      for (const bit of [1, 128]) {
        const flipped = Buffer.from(message)
        flipped[i]! ^= bit
        assert.equal(wire.open(TOPIC, flipped), { drop: i < 2 ? 'malformed' : 'forged' }, `byte ${i}`)
      }
      const cut = wire.open(TOPIC, message.subarray(0, i))
      assert.equal(cut, { drop: i < HEADER_BYTES + 16 ? 'malformed' : 'forged' }, `${i} bytes`)
    }
    assert.equal(wire.open('signalbox.room.x', message), { drop: 'forged' })
    assert.equal(new Wire(ID, `${SECRET}!`).open(TOPIC, message), { drop: 'forged' })
    assert.equal(wire.open(TOPIC, new Wire(ID, undefined).message(TOPIC, KIND.command, Buffer.alloc(40))), {
      drop: 'forged',
    })
  })

  test('without a secret, anything but the magic and a header is malformed', () => {
    const wire = new Wire(ID, undefined)
    const message = wire.message(TOPIC, KIND.bye, Buffer.alloc(0))
    for (let length = 0; length < HEADER_BYTES; length++) {
      assert.equal(wire.open(TOPIC, message.subarray(0, length)), { drop: 'malformed' })
    }
    message[1]! ^= 1
    assert.equal(wire.open(TOPIC, message), { drop: 'malformed' })
  })

  test('another version is told from a forgery, and by the name in a heartbeat', () => {
    const wire = new Wire(ID, SECRET)
    const foreign = (kind: number, body: Buffer) => {
      const message = wire.begin(kind, body.length)
      message[2] = PROTOCOL_VERSION + 1
      body.copy(message, HEADER_BYTES)
      return wire.seal(TOPIC, message)
    }
    const drop = 'version'
    const version = PROTOCOL_VERSION + 1
    const heartbeat = Buffer.concat([Buffer.of(3), Buffer.from('two and much that nobody knows')])
    assert.equal(wire.open(TOPIC, foreign(KIND.heartbeat, heartbeat)), {
      drop,
      foreign: { sender: ID, version, name: 'two' },
    })
    for (const body of [Buffer.alloc(0), Buffer.of(200, 1), Buffer.of(1, 0xff)]) {
      assert.equal(wire.open(TOPIC, foreign(KIND.heartbeat, body)), {
        drop,
        foreign: { sender: ID, version, name: '' },
      })
    }
    assert.equal(wire.open(TOPIC, foreign(KIND.batch, heartbeat)), {
      drop,
      foreign: { sender: ID, version, name: '' },
    })
    const forged = foreign(KIND.heartbeat, heartbeat)
    forged[20]! ^= 1
    assert.equal(wire.open(TOPIC, forged), { drop: 'forged' })
  })

  test('a heartbeat comes back as it was; loads within a hundred-thousandth', () => {
    const load = { load: 0.25, peers: 123_456, draining: true, inherited: ['A'.repeat(16), ID] }
    const place = { region: 'eu', url: 'wss://one.example' }
    const { load: heard, ...rest } = decodeHeartbeat(ID, encodeHeartbeat('one', place, load, false))
    assert.ok(Math.abs(heard - 0.25) < 1e-5)
    assert.equal(rest, {
      incarnation: ID,
      name: 'one',
      ...place,
      peers: 123_456,
      draining: true,
      inherited: load.inherited,
      asks: false,
    })
    const bare = decodeHeartbeat(ID, encodeHeartbeat('two', {}, { ...IDLE, load: 7 }, true))
    assert.equal(bare, { incarnation: ID, name: 'two', ...IDLE, load: 1, asks: true })
  })

  test('a heartbeat that is cut, too long, nameless or with odd flags is refused', () => {
    const whole = encodeHeartbeat('one', { region: 'eu', url: 'wss://a' }, { ...IDLE, inherited: [ID] }, true)
    for (let length = 0; length < whole.length; length++) {
      assert.throws(() => decodeHeartbeat(ID, whole.subarray(0, length)), isBad)
    }
    assert.throws(() => decodeHeartbeat(ID, Buffer.concat([whole, BODY])), isBad)
    const nameless = encodeHeartbeat('', {}, IDLE, true)
    assert.throws(() => decodeHeartbeat(ID, nameless), isBad)
    const odd = Buffer.from(whole)
    odd[4] = 4
    assert.throws(() => decodeHeartbeat(ID, odd), isBad)
    const rich = Buffer.concat([whole.subarray(0, -13), Buffer.of(17), Buffer.alloc(17 * 12)])
    assert.throws(() => decodeHeartbeat(ID, rich), isBad)
    const text = Buffer.from(whole)
    text[1] = 0xff
    assert.throws(() => decodeHeartbeat(ID, text), isBad)
  })

  test('a pair has eight bytes, and the first id is never 0', () => {
    assert.equal(decodePair(encodePair({ mine: 2 ** 32 - 1, yours: 0 })), { mine: 2 ** 32 - 1, yours: 0 })
    for (const length of [0, 7, 9]) assert.throws(() => decodePair(Buffer.alloc(length, 1)), isBad)
    assert.throws(() => decodePair(encodePair({ mine: 0, yours: 1 })), isBad)
  })
})
