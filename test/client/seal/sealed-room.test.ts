import * as assert from 'uvu/assert'
import { SignalboxError } from '../../../client/errors.js'
import { createSeal, createSecret } from '../../../client/seal/index.js'
import type { Json } from '../../../core/protocol.js'
import { until } from '../../live-server.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'
import { HostileRelay, isSaid, type Member, type Relayed } from './hostile-relay.js'

const SECRET = createSecret()
const room = 'kitchen'
const DIRECT = ['offer', 'answer', 'candidate', 'signal'] as const

const seal = (secret = SECRET) => createSeal(secret)
const direct = (to: string, data: Json, type: (typeof DIRECT)[number] = 'signal') => ({
  type,
  room,
  to,
  data,
})
const publish = (data: Json) => ({ type: 'publish', room, data }) as const
const codes = ({ failures }: Member) => failures.map(({ code }) => code)
const sealIn = ({ data }: Relayed) => (data as { seal: object }).seal
const words = ({ heard }: Member) => heard.map(({ data }) => data)

/** Two who have met, and have said one word each way. */
async function twoThatMet(relay = new HostileRelay()) {
  const [ada, bob] = [await relay.join('ada', await seal()), await relay.join('bob', await seal())]
  await ada.say(direct('bob', 'one'))
  await bob.say(direct('ada', 'one'))
  await ada.say(publish('all'))
  await until(() => bob.heard.length === 2 && ada.heard.length === 1)
  for (const { heard } of [ada, bob]) heard.length = 0
  return { relay, ada, bob }
}

/** The next thing said is taken to be this by whoever it is for. */
function once(relay: HostileRelay, change: (message: Relayed) => readonly Relayed[]): void {
  relay.tamper = (_to, message) => {
    if (!isSaid(message)) return [message]
    relay.tamper = (_other, untouched) => [untouched]
    return change(message)
  }
}

suite('sealed room: among friends', (test) => {
  test('every kind arrives as it was said, in order, with everything that JSON can say', async () => {
    const { ada, bob } = await twoThatMet()
    const said: Json[] = [
      null,
      '',
      'ä\ud800\u0000',
      1e300,
      { __proto__: 1, a: [{}] } as Json,
      'x'.repeat(40_000),
    ]
    for (const type of DIRECT) for (const data of said) void ada.say(direct('bob', data, type))
    for (const data of said) void ada.say(publish(data))
    await until(() => bob.heard.length === said.length * 5)
    assert.equal(
      bob.heard,
      [...DIRECT, 'publish' as const].flatMap((type) =>
        said.map((data) => ({ type, room, from: 'ada', data })),
      ),
    )
    assert.equal([codes(ada), codes(bob)], [[], []])
  })

  test('many who come, talk and go hear each other and nothing wrong', async () => {
    const relay = new HostileRelay()
    const members: Member[] = []
    for (let i = 0; i < 6; i++) {
      members.push(await relay.join(`m${i}`, await seal()))
      void members[i]!.say(publish(`hello from ${i}`))
    }
    await Promise.all(members.map((member, i) => member.say(direct(`m${(i + 1) % 6}`, `psst ${i}`))))
    await Promise.all(members.map((member, i) => member.say(publish(`all ${i}`))))
    for (const [i, member] of members.entries()) {
      const others = [0, 1, 2, 3, 4, 5].filter((j) => j !== i).map((j) => `all ${j}`)
      await until(() => others.every((word) => words(member).includes(word)))
      assert.ok(words(member).includes(`psst ${(i + 5) % 6}`))
    }
    relay.leave('m0')
    members[0] = await relay.join('m0', await seal())
    await members[0].say(direct('m1', 'back'))
    await until(() => words(members[1]!).includes('back'))
    assert.equal(members.flatMap(codes), [])
  })

  test('the server reads nothing', async () => {
    const { relay, ada, bob } = await twoThatMet()
    await ada.say(
      direct('bob', { sdp: 'a=fingerprint:sha-256 TOP-SECRET', candidate: '192.0.2.99' }, 'offer'),
    )
    await ada.say(publish('TOP-SECRET'))
    await until(() => bob.heard.length === 2)
    const seen = JSON.stringify(relay.log)
    assert.not.match(seen, /TOP-SECRET|192\.0\.2\.99|fingerprint/)
    assert.not.match(seen, new RegExp(Buffer.from('TOP-SECRET').toString('base64url').slice(0, 12)))
    assert.not.match(seen, new RegExp(SECRET))
  })

  test('the same word never looks the same: no key meets a number twice, in tabs, rejoins or new sessions', async () => {
    const boxes = new Set<string>()
    const hellos = new Set<string>()
    let [said, greeted] = [0, 0]
    for (let tab = 0; tab < 8; tab++) {
      const relay = new HostileRelay()
      const [ada] = [await relay.join('ada', await seal()), await relay.join('bob', await seal())]
      for (let session = 0; session < 3; session++) {
        await ada!.say(direct('bob', 'again'))
        await ada!.say(direct('bob', 'again'))
        await ada!.say(publish('again'))
        ada!.controls.joined([{ id: 'bob', data: null, polite: true }]) // the server came back empty …
        relay.flap('bob', 'ada') // … and to bob, ada is new
      }
      for (const { message } of relay.log) {
        const { hello, box } = (message.data as { seal: { hello?: string; box?: string } }).seal
        if (hello !== undefined) {
          hellos.add(hello)
          greeted++
        } else if (box !== undefined) {
          boxes.add(box)
          said++
        }
      }
    }
    assert.ok(said >= 72 && greeted >= 48, `${said} ${greeted}`)
    assert.equal([boxes.size, hellos.size], [said, greeted])
  })

  test('while there is no connection, messages wait; they go out sealed for the session that is', async () => {
    const { relay, ada, bob } = await twoThatMet()
    ada.controls.suspended()
    const late = [ada.say(direct('bob', 'late')), ada.say(publish('late'))]
    ada.controls.resumed()
    await Promise.all(late)
    await until(() => bob.heard.length === 2)
    ada.controls.suspended()
    const lost = ada.say(direct('bob', 'lost'))
    const kept = ada.say(publish('kept'))
    ada.controls.joined([{ id: 'bob', data: null, polite: true }])
    relay.flap('bob', 'ada')
    assert.is(((await rejection(lost)) as SignalboxError).code, 'E_SESSION_LOST')
    await kept
    await ada.say(direct('bob', 'new'))
    await until(() => words(bob).includes('kept') && words(bob).includes('new'))
    assert.equal([codes(ada), codes(bob)], [[], []])
  })

  test('what the server refuses openly is not missed', async () => {
    const { relay, ada, bob } = await twoThatMet()
    relay.answer = ({ type }) => (type === 'signal' ? new SignalboxError('E_RATE', 'slowly') : undefined)
    assert.is(((await rejection(ada.say(direct('bob', 'refused')))) as SignalboxError).code, 'E_RATE')
    relay.answer = () => undefined
    await ada.say(direct('bob', 'taken'))
    await until(() => words(bob).includes('taken'))
    assert.equal(codes(bob), [])
  })

  test('a greeting that the server asks to wait with is said again', async () => {
    const relay = new HostileRelay()
    let refusals = 3
    relay.answer = () =>
      refusals-- > 0 ? new SignalboxError('E_RATE', 'slowly', { retryAfterMs: 100 }) : undefined
    const [ada, bob] = [await relay.join('ada', await seal()), await relay.join('bob', await seal())]
    await ada.say(direct('bob', 'hello'))
    await until(() => words(bob).includes('hello'))
    assert.equal([codes(ada), codes(bob)], [[], []])
  })

  test('what was on its way to somebody who leaves and comes back under the same id disturbs nobody', async () => {
    const relay = new HostileRelay()
    const adasSeal = await seal()
    const bob = await relay.join('bob', await seal())
    const line: Relayed[] = []
    const greetings = () => line.filter((message) => !isSaid(message) && 'hello' in sealIn(message)).length
    relay.tamper = (to, message) => {
      if (to !== 'ada') return [message]
      line.push(message)
      return []
    }
    await relay.join('ada', adasSeal)
    await bob.say(direct('ada', 'to who was here'))
    await until(() => line.some((message) => 'ready' in sealIn(message)))
    relay.leave('ada')
    const ada = await relay.join('ada', adasSeal)
    await until(() => greetings() === 2)
    relay.tamper = (_to, message) => [message]
    for (const message of line) relay.inject('ada', message)
    await Promise.all([ada.say(direct('bob', 'back')), bob.say(direct('ada', 'hello again'))])
    await Promise.all([ada.say(publish('hello, all')), bob.say(publish('hello, all'))])
    await until(() => ada.heard.length === 2 && bob.heard.length === 2)
    assert.equal(
      [words(ada), words(bob)],
      [
        ['hello again', 'hello, all'],
        ['back', 'hello, all'],
      ],
    )
    assert.equal([codes(ada), codes(bob)], [[], []])
  })

  test('nothing is said to a peer after it has left, however late the sealing is done', async () => {
    const { relay, ada, bob } = await twoThatMet()
    const before = relay.log.length
    const late = ada.say(direct('bob', 'too late'))
    ada.controls.receive({ type: 'peer-left', room, peer: { id: 'bob' } })
    assert.is(((await rejection(late)) as SignalboxError).code, 'E_NO_PEER')
    assert.equal([relay.log.length - before, bob.heard], [0, []])
  })

  test('who may not signal is told once that it understands nobody, and has no false alarms', async () => {
    const { relay, ada, bob } = await twoThatMet()
    relay.answer = ({ type }) =>
      type === 'signal' ? new SignalboxError('E_FORBIDDEN', 'your grants do not allow this') : undefined
    const spy = await relay.join('spy', await seal())
    await until(() => codes(spy).length === 2)
    relay.answer = () => undefined
    for (let i = 0; i < 3; i++) await ada.say(publish(i))
    await until(() => bob.heard.length === 3)
    assert.is(((await rejection(spy.say(direct('ada', 'x')))) as SignalboxError).code, 'E_SEAL_REFUSED')
    assert.equal([codes(spy), spy.heard], [['E_SEAL_REFUSED', 'E_SEAL_REFUSED'], []])
    relay.leave('spy') // nobody waits for it any longer
  })

  test('to nobody: refused; after leaving: refused', async () => {
    const { relay, ada } = await twoThatMet()
    assert.is(((await rejection(ada.say(direct('eve', 'x')))) as SignalboxError).code, 'E_NO_PEER')
    relay.leave('ada')
    assert.is(((await rejection(ada.say(publish('x')))) as SignalboxError).code, 'E_NOT_JOINED')
    assert.is(((await rejection(ada.say(direct('bob', 'x')))) as SignalboxError).code, 'E_NO_PEER')
  })
})

suite('sealed room: among strangers', (test) => {
  test('another secret: both are told, nothing is delivered, and sending says why', async () => {
    const relay = new HostileRelay()
    const [ada, eve] = [
      await relay.join('ada', await seal()),
      await relay.join('eve', await seal(createSecret())),
    ]
    assert.is(((await rejection(ada.say(direct('eve', 'x')))) as SignalboxError).code, 'E_SEAL_SECRET')
    await eve.say(publish('spam'))
    await until(() => codes(ada).length >= 2 && codes(eve).length >= 1)
    assert.equal([codes(ada), codes(eve)], [['E_SEAL_SECRET', 'E_SEAL_FORGED'], ['E_SEAL_SECRET']])
    assert.equal([ada.heard, eve.heard], [[], []])
  })

  test('somebody who seals nothing: told, not delivered, and given up in the end', async () => {
    const relay = new HostileRelay()
    relay.hurry = 50
    const [ada, eve] = [await relay.join('ada', await seal()), await relay.join('eve', undefined)]
    await eve.say(direct('ada', { type: 'offer', sdp: 'v=0' }, 'offer'))
    await eve.say(publish('spam'))
    const waiting = ada.say(direct('eve', 'x'))
    assert.is(((await rejection(waiting)) as SignalboxError).code, 'E_SEAL_SILENT')
    assert.equal(codes(ada).sort(), ['E_SEAL_PLAIN', 'E_SEAL_PLAIN', 'E_SEAL_SILENT'])
    assert.equal(ada.heard, [])
  })

  test('a secret that could be guessed is refused', async () => {
    for (const secret of ['', 'tulips', 'fifteen letters', new Uint8Array(15)]) {
      assert.is(((await rejection(createSeal(secret))) as SignalboxError).code, 'E_SETUP')
    }
    assert.match(createSecret(), /^[\w-]{43}$/)
    assert.is.not(createSecret(), createSecret())
  })
})

suite('sealed room: a hostile server', (test) => {
  test('changes any part of a message', async () => {
    const { relay, ada, bob } = await twoThatMet()
    const change = (seal: object) => (message: Relayed) => {
      const before = (message.data as { seal: { n: number; box: string } }).seal
      return [{ ...message, data: { seal: { ...before, ...seal } } }]
    }
    const box = (edit: (box: string) => string) => (message: Relayed) => {
      const { n, box: before } = (message.data as { seal: { n: number; box: string } }).seal
      return [{ ...message, data: { seal: { n, box: edit(before) } } }]
    }
    const changes = [
      change({ n: 77 }),
      change({ n: -1 }),
      change({ n: 0.5 }),
      change({ n: '1' }),
      change({ box: null }),
      change({ box: '' }),
      change({ box: '*' }),
      box((text) => `${text[0] === 'A' ? 'B' : 'A'}${text.slice(1)}`),
      box((text) => text.slice(0, -2)),
      box((text) => `${text}AAAA`),
      box((text) => text.slice(0, 20) + (text[20] === 'A' ? 'B' : 'A') + text.slice(21)),
    ]
    for (const [i, edit] of changes.entries()) {
      once(relay, edit)
      await ada.say(direct('bob', i))
      await until(() => codes(bob).length === i + 1)
    }
    assert.equal(codes(bob), Array(changes.length).fill('E_SEAL_FORGED'))
    assert.equal(bob.heard, [])
    await ada.say(direct('bob', 'and on'))
    await until(() => words(bob).includes('and on'))
    assert.is(codes(bob).at(-1), 'E_SEAL_MISSING')
  })

  test('passes a message off as another kind, in another room, from or to somebody else', async () => {
    const { relay, ada, bob } = await twoThatMet()
    const eve = await relay.join('eve', await seal())
    await eve.say(direct('bob', 'hi'))
    await eve.say(publish('hi'))
    await until(() => bob.heard.length === 2)
    bob.heard.length = 0
    const kinds = ['offer', 'answer', 'candidate', 'publish'] as const
    for (const [i, type] of kinds.entries()) {
      once(relay, (message) => [{ ...message, type }])
      await ada.say(direct('bob', 'x'))
      await until(() => codes(bob).length === i + 1)
    }
    once(relay, (message) => [{ ...message, from: 'eve' }])
    await ada.say(direct('bob', 'x'))
    await until(() => codes(bob).length === 5)
    once(relay, (message) => {
      relay.inject('eve', message) // what was for bob alone
      return []
    })
    await ada.say(direct('bob', 'x'))
    await until(() => codes(eve).length === 1)
    assert.equal([codes(bob), codes(eve)], [Array(5).fill('E_SEAL_FORGED'), ['E_SEAL_FORGED']])

    // The same people and the same secret, in another room.
    const cellar = new HostileRelay('cellar')
    const [ada2, bob2] = [await cellar.join('ada', await seal()), await cellar.join('bob', await seal())]
    await ada2.say({ ...direct('bob', 'deep'), room: 'cellar' })
    await until(() => bob2.heard.length === 1)
    for (const { message } of cellar.log.filter(({ to }) => to === 'bob'))
      relay.inject('bob', { ...message, room })
    await until(() => codes(bob).length >= 7)
    for (const code of codes(bob)) assert.match(code, /^E_SEAL_(FORGED|SECRET)$/)
    assert.equal(bob.heard, [])
  })

  test('repeats a message, at once, later, and when it has pretended that somebody left and came', async () => {
    const { relay, ada, bob } = await twoThatMet()
    relay.tamper = (_to, message) => (isSaid(message) ? [message, message] : [message])
    await ada.say(direct('bob', 'once'))
    await ada.say(publish('once'))
    await until(() => codes(bob).length === 2)
    assert.equal(codes(bob), ['E_SEAL_REPLAYED', 'E_SEAL_REPLAYED'])
    assert.equal(words(bob), ['once', 'once'])
    relay.tamper = (_to, message) => [message]

    const old = relay.log.filter(({ to }) => to === 'bob').map(({ message }) => message)
    for (const message of old) relay.inject('bob', message)
    await until(() => codes(bob).length === 2 + old.length)
    assert.equal(new Set(codes(bob)), new Set(['E_SEAL_REPLAYED']))

    // Everything that ada ever said, from her first greeting on, to a bob who takes her for new.
    bob.failures.length = 0
    relay.hurry = 50
    relay.flap('bob', 'ada')
    for (const message of old) relay.inject('bob', message)
    await until(() => bob.failures.length >= old.length - 1) // all but the greeting
    assert.equal(words(bob), ['once', 'once'])
    for (const code of codes(bob)) assert.match(code, /^E_SEAL_(FORGED|REPLAYED|SILENT)$/)
  })

  test('plays an old session to somebody who has forgotten it', async () => {
    const first = await twoThatMet()
    await first.ada.say(direct('bob', 'transfer the money'))
    await first.ada.say(publish('transfer the money'))
    await until(() => first.bob.heard.length === 2)
    const recorded = first.relay.log.filter(({ to }) => to === 'bob').map(({ message }) => message)
    // Bob has reloaded the page; the server gives him his old id, and acts the part of ada.
    const second = new HostileRelay()
    second.hurry = 50
    await second.join('ada', undefined)
    const bob = await second.join('bob', await seal())
    for (const message of recorded) second.inject('bob', message)
    await until(() => codes(bob).length >= 3)
    assert.equal(bob.heard, [])
    for (const code of codes(bob)) assert.match(code, /^E_SEAL_(FORGED|REPLAYED|SILENT)$/)
    assert.ok(codes(bob).includes('E_SEAL_REPLAYED'), 'a greeting that answers another')
  })

  test('sends back what somebody said', async () => {
    const { relay, ada, bob } = await twoThatMet()
    for (const message of [direct('bob', 'mirror'), publish('mirror')]) {
      once(relay, (said) => {
        relay.inject('ada', { ...said, from: 'bob' })
        return [said]
      })
      await ada.say(message)
    }
    await until(() => codes(ada).length === 2)
    assert.equal([codes(ada), ada.heard], [['E_SEAL_FORGED', 'E_SEAL_FORGED'], []])
    await until(() => bob.heard.length === 2)
  })

  test('sends back a greeting as the greeting of the other', async () => {
    const relay = new HostileRelay()
    relay.tamper = (to, message) => {
      relay.inject(message.from, { ...message, from: to })
      return []
    }
    await relay.join('ada', await seal())
    const bob = await relay.join('bob', await seal())
    await until(() => codes(bob).length === 1)
    assert.equal(codes(bob), ['E_SEAL_SECRET'])
    relay.leave('bob') // nobody waits for his greeting any longer
  })

  test('plays an old greeting to who was there: it answers, and nobody can go on from there', async () => {
    const { relay, ada, bob } = await twoThatMet()
    const greeting = relay.log.find(({ to }) => to === 'ada')!.message
    assert.is(greeting.from, 'bob', 'who came last greets first')
    relay.flap('ada', 'bob')
    const before = relay.log.length
    relay.inject('ada', greeting)
    await until(() => relay.log.length > before && codes(bob).length > 0)
    for (const { to, message } of [...relay.log])
      if (to === 'ada' && message !== greeting) relay.inject('ada', message)
    await until(() => codes(ada).length > 0)
    assert.equal([ada.heard, bob.heard], [[], []])
    assert.is(codes(bob)[0], 'E_SEAL_REPLAYED')
    for (const code of codes(ada)) assert.match(code, /^E_SEAL_(FORGED|REPLAYED)$/)
  })

  test('tells two that each has come last: neither says anything to the other, and both see that', async () => {
    const relay = new HostileRelay()
    relay.hurry = 50
    const [ada, bob] = [await relay.join('ada', await seal()), await relay.join('bob', await seal())]
    await ada.say(direct('bob', 'one'))
    ada.controls.joined([{ id: 'bob', data: null, polite: true }])
    bob.controls.joined([{ id: 'ada', data: null, polite: true }])
    await until(() => codes(ada).includes('E_SEAL_SILENT') && codes(bob).includes('E_SEAL_SILENT'))
    assert.equal(words(bob).filter((word) => word !== 'one').length, 0)
  })

  test('drops messages: told with the next one that arrives', async () => {
    const { relay, ada, bob } = await twoThatMet()
    for (const say of [(data: Json) => direct('bob', data), publish]) {
      bob.failures.length = 0
      once(relay, () => [])
      await ada.say(say('dropped'))
      once(relay, () => [])
      await ada.say(say('dropped'))
      await ada.say(say('after'))
      await until(() => words(bob).includes('after'))
      assert.equal(codes(bob), ['E_SEAL_MISSING'])
      bob.heard.length = 0
      await ada.say(say('and on'))
      await until(() => words(bob).includes('and on'))
      assert.equal(codes(bob), ['E_SEAL_MISSING'])
      bob.heard.length = 0
    }
  })

  test('puts messages into another order: the early one is told, the late one not delivered', async () => {
    const { relay, ada, bob } = await twoThatMet()
    let kept: Relayed | undefined
    once(relay, (message) => {
      kept = message
      return []
    })
    await ada.say(direct('bob', 'first'))
    once(relay, (message) => [message, kept!])
    await ada.say(direct('bob', 'second'))
    await until(() => codes(bob).length === 2)
    assert.equal([codes(bob), words(bob)], [['E_SEAL_MISSING', 'E_SEAL_REPLAYED'], ['second']])
  })

  test('drops the first messages after somebody came', async () => {
    const relay = new HostileRelay()
    const [ada, bob] = [await relay.join('ada', await seal()), await relay.join('bob', await seal())]
    relay.tamper = (to, message) => (to === 'bob' && isSaid(message) ? [] : [message])
    await ada.say(publish('dropped'))
    await ada.say(direct('bob', 'dropped'))
    relay.tamper = (_to, message) => [message]
    await ada.say(publish('heard'))
    await until(() => words(bob).includes('heard'))
    assert.equal(codes(bob), ['E_SEAL_MISSING'])
    await ada.say(direct('bob', 'heard too'))
    await until(() => words(bob).includes('heard too'))
    assert.equal(codes(bob), ['E_SEAL_MISSING', 'E_SEAL_MISSING'])
  })

  test('changes a greeting', async () => {
    for (const part of ['hello', 'box'] as const) {
      const relay = new HostileRelay()
      relay.tamper = (to, message) => {
        const { seal: sealed } = message.data as { seal: Record<string, string> }
        if (to !== 'bob' || sealed.hello === undefined) return [message]
        const changed = {
          ...sealed,
          [part]: `${sealed[part]![0] === 'A' ? 'B' : 'A'}${sealed[part]!.slice(1)}`,
        }
        return [{ ...message, data: { seal: changed } }]
      }
      await relay.join('ada', await seal())
      const bob = await relay.join('bob', await seal())
      await until(() => codes(bob).length > 0)
      assert.is(codes(bob)[0], 'E_SEAL_SECRET')
    }
  })
})
