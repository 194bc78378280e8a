import * as assert from 'uvu/assert'
import type { Links } from '../../../core/cluster/links/links.js'
import type { Nodes } from '../../../core/cluster/nodes/nodes.js'
import type { Pulse } from '../../../core/cluster/nodes/pulse.js'
import { inboxOf, NODES_TOPIC, Reception } from '../../../core/cluster/reception.js'
import type { Mail } from '../../../core/cluster/wire/mail.js'
import { BadRecord } from '../../../core/cluster/wire/records.js'
import { encodeHeartbeat, KIND } from '../../../core/cluster/wire/wire.js'
import { capturedLogger } from '../../captured-logger.js'
import { suite } from '../../suite.js'

const FRIEND = 'f'.repeat(16)
const STRANGER = 's'.repeat(16)

/** Of those around it, what each is told; `FRIEND` is known to be alive, and there is room for nobody else. */
function setUp() {
  const told: string[] = []
  const { logger, lines } = capturedLogger()
  const known = { incarnation: FRIEND, name: 'friend' }
  const reception = new Reception({
    mail: {
      // The first byte says who, the second which kind.
      open(topic: string, [who, kind, ...body]: Uint8Array, kinds: ReadonlySet<number>) {
        if (!kinds.has(kind!)) return void told.push(`${topic} isn't for kind ${kind}`)
        return { kind, sender: who === 1 ? FRIEND : STRANGER, body: Buffer.from(body) }
      },
      drop: (reason: string, sender: string) => void told.push(`dropped: ${reason} of ${sender[0]}`),
    } as unknown as Mail,
    nodes: {
      hear: ({ incarnation }: { incarnation: string }) => incarnation === FRIEND,
      touch: (sender: string) => (sender === FRIEND ? known : undefined),
      leave: (sender: string) => void told.push(`${sender[0]} leaves`),
    } as unknown as Nodes,
    links: {
      receive: (node: object, { kind }: { kind: number }) => {
        assert.is(node, known)
        told.push(`link: ${kind}`)
        if (kind === KIND.reset) throw new BadRecord('nonsense')
        if (kind === KIND.batch) throw new TypeError('a mistake of ours')
      },
      refuse: (sender: string) => void told.push(`refused: ${sender[0]}`),
    } as unknown as Links,
    pulse: {
      tell: (topic: string, asks = false) => void told.push(`told ${topic}${asks ? ', asking' : ''}`),
    } as unknown as Pulse,
    inbox: inboxOf('me'),
    logger,
    stats: { dropOnBus: (reason) => void told.push(`counted: ${reason}`) },
  })
  const from = (who: 1 | 2, kind: number, body: Uint8Array = Buffer.alloc(0)) =>
    Buffer.concat([Buffer.of(who, kind), body])
  return { reception, from, lines, taken: () => told.splice(0) }
}

const heartbeat = (asks: boolean) =>
  encodeHeartbeat('a node', {}, { load: 0, peers: 0, draining: false, inherited: [] }, asks)

suite('core/cluster/reception', (test) => {
  test('each topic has its kinds', () => {
    const { reception, from, taken } = setUp()
    reception.toAll(from(1, KIND.batch))
    reception.toThis(from(1, KIND.bye))
    reception.toThis(from(1, KIND.here))
    assert.equal(taken(), [
      `${NODES_TOPIC} isn't for kind ${KIND.batch}`,
      `signalbox.node.me isn't for kind ${KIND.bye}`,
      `signalbox.node.me isn't for kind ${KIND.here}`,
    ])
  })

  test('heartbeats: who asks is answered, who finds no room is dropped', () => {
    const { reception, from, taken } = setUp()
    reception.toAll(from(1, KIND.heartbeat, heartbeat(false)))
    reception.toThis(from(1, KIND.heartbeat, heartbeat(true)))
    reception.toAll(from(2, KIND.heartbeat, heartbeat(true)))
    reception.toAll(from(1, KIND.heartbeat, Buffer.of(9)))
    assert.equal(taken(), [`told ${inboxOf(FRIEND)}`, 'dropped: bound of s', 'dropped: malformed of f'])
  })

  test('a stranger is asked who it is, or told that nobody listens; its goodbye is no news', () => {
    const { reception, from, taken } = setUp()
    reception.toAll(from(2, KIND.bye))
    reception.toThis(from(2, KIND.open))
    reception.toThis(from(2, KIND.batch))
    reception.toAll(from(2, KIND.command, Buffer.of(1)))
    assert.equal(taken(), [
      ...['counted: stranger', `told ${inboxOf(STRANGER)}, asking`],
      ...['counted: stranger', 'refused: s'],
      'counted: stranger',
    ])
  })

  test('commands go to all who hear them, links get theirs, and who leaves is gone', () => {
    const { reception, from, taken } = setUp()
    const heard: unknown[] = []
    for (const name of ['one', 'two']) {
      reception.onCommand((node, type, body) => heard.push([name, node.name, type, `${body}`]))
    }
    reception.toAll(from(1, KIND.command, Buffer.from('\x07what')))
    assert.equal(heard, [
      ['one', 'friend', 7, 'what'],
      ['two', 'friend', 7, 'what'],
    ])
    reception.toAll(from(1, KIND.command))
    reception.toThis(from(1, KIND.open))
    reception.toAll(from(1, KIND.bye))
    assert.equal(taken(), ['dropped: malformed of f', `link: ${KIND.open}`, 'f leaves'])
  })

  test('what is wrong with a message is counted; a mistake of ours is logged, and the next one is heard', () => {
    const { reception, from, taken, lines } = setUp()
    reception.toThis(from(1, KIND.reset))
    reception.toThis(from(1, KIND.batch))
    reception.toThis(from(1, KIND.open))
    assert.equal(taken(), [
      ...[`link: ${KIND.reset}`, 'dropped: malformed of f'],
      `link: ${KIND.batch}`,
      `link: ${KIND.open}`,
    ])
    assert.equal(
      lines.map(({ msg }) => msg),
      ['a message of another node could not be handled'],
    )
  })
})
