import * as assert from 'uvu/assert'
import { Mail } from '../../../../core/cluster/wire/mail.js'
import { KIND, PROTOCOL_VERSION, Wire } from '../../../../core/cluster/wire/wire.js'
import { Stats } from '../../../../core/hub/stats.js'
import { capturedLogger } from '../../../captured-logger.js'
import { FakeClock } from '../../../contract/index.js'
import { suite } from '../../../suite.js'

const OWN = 'o'.repeat(16)
const OTHER = 'x'.repeat(16)
const KINDS = new Set<number>([KIND.bye])
const NOTHING = Buffer.alloc(0)

function setUp() {
  const sent: string[] = []
  const bus = {
    state: 'up' as 'up' | 'degraded',
    subscribe: async () => {},
    unsubscribe: async () => {},
    publish: async (topic: string, message: Uint8Array) => {
      sent.push(`${topic} ${message[3]}`)
      throw new Error('a bus that refuses')
    },
  }
  const stats = new Stats()
  const { logger, lines } = capturedLogger()
  const foreign: unknown[] = []
  const mail = new Mail({
    bus,
    wire: new Wire(OWN, undefined),
    incarnation: OWN,
    clock: new FakeClock(),
    logger,
    stats,
    nameOf: (incarnation) => (incarnation === OTHER ? 'the other' : undefined),
    foreign: (...args) => foreign.push(args),
  })
  return { mail, bus, sent, stats, lines, foreign }
}

suite('core/cluster/mail', (test) => {
  test('posts while the bus is there; what it refuses is nobody’s error', async () => {
    const { mail, bus, sent } = setUp()
    mail.say('t', KIND.bye, NOTHING)
    bus.state = 'degraded'
    assert.not.ok(mail.post('t', NOTHING))
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(sent, [`t ${KIND.bye}`])
  })

  test('opens what another node says, of a kind that belongs there', () => {
    const { mail, stats } = setUp()
    const wire = new Wire(OTHER, undefined)
    const opened = mail.open('t', wire.message('t', KIND.bye, NOTHING), KINDS)
    assert.equal(opened, { kind: KIND.bye, sender: OTHER, body: NOTHING })
    assert.is(mail.open('t', wire.message('t', KIND.batch, NOTHING), KINDS), undefined)
    assert.is(mail.open('t', new Wire(OWN, undefined).message('t', KIND.bye, NOTHING), KINDS), undefined)
    assert.is(mail.open('t', Buffer.from('nonsense'), KINDS), undefined)
    assert.equal(stats.busDropped, { malformed: 2, forged: 1 })
  })

  test('says once a minute and node what is wrong, by its name', () => {
    const { mail, lines, stats } = setUp()
    for (let i = 0; i < 100; i++) mail.drop('malformed', OTHER, 'a test')
    mail.drop('bound', OTHER, 'a test')
    assert.equal(
      lines.map(({ reason, node }) => [reason, node]),
      [
        ['malformed', 'the other'],
        ['bound', 'the other'],
      ],
    )
    assert.equal(stats.busDropped, { malformed: 100, bound: 1 })
  })

  test('hands on who speaks another version', () => {
    const { mail, foreign, stats } = setUp()
    const message = new Wire(OTHER, undefined).message('t', KIND.bye, NOTHING)
    message[2] = PROTOCOL_VERSION + 1
    assert.is(mail.open('t', message, KINDS), undefined)
    assert.equal(foreign, [[OTHER, '', PROTOCOL_VERSION + 1]])
    assert.equal(stats.busDropped, { version: 1 })
  })
})
