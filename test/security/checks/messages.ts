import * as assert from 'uvu/assert'
import type { RawClient } from '../../live-server.js'
import type { Group, World } from '../check.js'
import { costOfCollisions } from '../colliding-names.js'

/** Two in the room `a`, and one in the room `b`. */
async function three({ serve }: World, config = {}): Promise<[RawClient, RawClient, RawClient]> {
  const { client } = await serve(config)
  const [ada, bob] = [await client({ query: 'room=a' }), await client({ query: 'room=a' })]
  const eve = await client({ query: 'room=b' })
  for (const one of [ada, bob, eve]) await one.next('joined')
  await ada.next('peer-joined')
  return [ada, bob, eve]
}

async function codeOf(client: RawClient, message: object | string): Promise<string> {
  client.send(message)
  return (await client.next('error')).code
}

export const messages: Group = {
  title: 'Messages, names and ids',
  checks: [
    {
      holds: '`from` is written by the server, whatever the message says',
      threat: 'somebody speaks as somebody else',
      async attack(world) {
        const [ada, bob] = await three(world)
        bob.send({ type: 'signal', room: 'a', to: ada.id, data: 1, from: 'root', peer: 'root', id: 1 })
        bob.send('{"from":"root","type":"publish","fro\\u006d":"root","room":"a","data":1}')
        assert.equal([(await ada.next('signal')).from, (await ada.next('publish')).from], [bob.id, bob.id])
      },
    },
    {
      holds: 'who isn’t in a room can’t send into it, and nobody there hears of the attempt',
      threat: 'strangers send into every room whose name they guess',
      async attack(world) {
        const [ada, bob, eve] = await three(world)
        for (const message of [
          { type: 'publish', room: 'a', data: 'spam' },
          { type: 'offer', room: 'a', to: ada.id, data: 'spam' },
          { type: 'update', room: 'a', data: 'spam' },
        ]) {
          assert.is(await codeOf(eve, message), 'E_NOT_JOINED')
        }
        for (const one of [ada, bob]) {
          await one.settled()
          assert.not.match(JSON.stringify(one.inbox), /spam/)
        }
      },
    },
    {
      holds: 'a peer of another room, one that has gone and one that never was are answered alike',
      threat: 'ids are tried to learn who is online, and where',
      async attack(world) {
        const [ada, bob, eve] = await three(world)
        const gone = bob.id
        bob.send({ type: 'bye' })
        await bob.closed
        await ada.next('peer-left')
        const answers = new Set<string>()
        for (const to of [eve.id, gone, 'AAAAAAAAAAAAAAAA', ada.id, '', 'x'.repeat(500), '__proto__']) {
          ada.send({ type: 'signal', room: 'a', to, data: 1 })
          const { code, message } = await ada.next('error')
          answers.add(`${code} ${message}`)
        }
        assert.equal(answers.size, 1, [...answers].join('; '))
      },
    },
    {
      holds: 'with a key that comes twice, the room that is checked is the room that is sent into',
      threat: 'a message is checked for one room and delivered to another',
      async attack(world) {
        const [ada, bob, eve] = await three(world)
        for (const rooms of [
          '"room":"a","room":"b"',
          '"room":"b","room":"a"',
          '"room":"b","r\\u006fom":"a"',
        ]) {
          eve.send(`{"type":"publish",${rooms},"data":"spam"}`)
        }
        for (const one of [ada, bob, eve]) {
          await one.settled()
          if (one !== eve) assert.not.match(JSON.stringify(one.inbox), /spam/)
        }
      },
    },
    {
      holds: 'what isn’t JSON, or not wholly, is refused before anybody receives it',
      threat: 'a receiver breaks over what the server let through',
      async attack(world) {
        const [ada, bob] = await three(world)
        for (const text of [
          '',
          '{',
          '{"type":"publish","room":"a","data":1}x',
          '{"type":"publish","room":"a","data":01}',
          '{"type":"publish","room":"a","data":"\n"}',
          '{"type":"publish","room":"a","data":NaN}',
          "{'type':'publish','room':'a','data':1}",
          '{"type":"publish","room":"a","data":1,}',
          '\ufeff{"type":"publish","room":"a","data":1}',
        ]) {
          assert.is(await codeOf(bob, text), 'E_JSON', text)
        }
        await ada.settled()
        assert.equal(ada.inbox, [])
      },
    },
    {
      holds: 'nesting deeper than 32 levels is refused, at once',
      threat: 'a receiver’s stack overflows',
      async attack(world) {
        const [, bob] = await three(world)
        const deep = (levels: number) => `${'['.repeat(levels)}${']'.repeat(levels)}`
        for (const levels of [32, 1000, 30_000]) {
          const message = `{"type":"publish","room":"a","data":${deep(levels)}}`
          assert.is(await codeOf(bob, message), 'E_NESTING', String(levels))
        }
      },
    },
    {
      holds: '`__proto__`, `constructor`, `*`, `>` and `.` in names and data are just data',
      threat: 'a name changes objects of the server or patterns of a broker',
      async attack({ serve }) {
        const { client } = await serve()
        for (const room of ['__proto__', 'constructor', 'toString', '*', '>', 'a.b', '../a', 'a;b', '%00']) {
          const ada = await client()
          assert.equal((await ada.join(room, { __proto__: null, constructor: 1 })).peers, [], room)
          const bob = await client()
          assert.is((await bob.join(room)).peers.length, 1, room)
          bob.send(`{"type":"publish","room":${JSON.stringify(room)},"data":{"__proto__":{"admin":true}}}`)
          assert.is(JSON.stringify((await ada.next('publish')).data), '{"__proto__":{"admin":true}}')
          for (const one of [ada, bob]) one.socket.terminate()
        }
        assert.is(({} as { admin?: boolean }).admin, undefined)
      },
    },
    {
      holds: 'names with control characters, line breaks or lone surrogates, and names too long, are refused',
      threat: 'lines are forged in logs, and two names that differ become one',
      async attack({ serve }) {
        const bob = await (await serve()).client()
        for (const name of ['', 'a\u0000', 'a\r\nb', 'a\u007f', 'a\u0085', 'x'.repeat(129), 'ä'.repeat(65)]) {
          assert.is(await codeOf(bob, { type: 'join', room: name }), 'E_ROOM_NAME', JSON.stringify(name))
        }
        assert.is(await codeOf(bob, '{"type":"join","room":"\\ud800"}'), 'E_ROOM_NAME')
        assert.is(await codeOf(bob, '{"type":"join","room":"\\udc00\\ud800"}'), 'E_ROOM_NAME')
      },
    },
    {
      holds: 'names that look alike are different rooms',
      threat: 'somebody waits in a room that is taken for another',
      async attack({ serve }) {
        const { client } = await serve()
        for (const room of ['cafe\u0301', 'caf\u00e9', 'Caf\u00e9', 'caf\u00e9 ']) {
          assert.equal((await (await client()).join(room)).peers, [], room)
        }
        assert.is((await (await client()).join('caf\u00e9')).peers.length, 1)
      },
    },
    {
      holds: 'ids of peers can’t be guessed from others, and none comes twice',
      threat: 'who knows one id knows the next',
      async attack({ serve }) {
        const { client } = await serve()
        const ids = new Set<string>()
        for (let i = 0; i < 40; i++) {
          const one = await client()
          ids.add(one.id)
          one.socket.terminate()
          await one.closed
        }
        assert.is(ids.size, 40)
        // The last six characters are random: of forty, few may share what comes before a difference in one.
        assert.is(new Set([...ids].map((id) => id.slice(-6))).size, 40)
      },
    },
    {
      holds: 'the id of a peer that has gone never reaches whoever got its place',
      threat: 'a message for one is delivered to another',
      async attack({ serve }) {
        const { client } = await serve({ limits: { peers: 2 } })
        const ada = await client({ query: 'room=a' })
        await ada.next('joined')
        for (let i = 0; i < 5; i++) {
          const before = await client({ query: 'room=a' })
          await ada.next('peer-joined')
          before.send({ type: 'bye' })
          await before.closed
          await ada.next('peer-left')
          const after = await client({ query: 'room=a' })
          await ada.next('peer-joined')
          const message = { type: 'signal', room: 'a', to: before.id, data: 'not for you' }
          assert.is(await codeOf(ada, message), 'E_NO_PEER')
          await after.settled()
          assert.not.match(JSON.stringify(after.inbox), /not for you/)
          after.send({ type: 'bye' })
          await ada.next('peer-left')
        }
      },
    },
    {
      holds: 'message ids count without a gap, and none is taken twice',
      threat: 'a message is repeated, or slipped in between',
      async attack(world) {
        const [ada, bob] = await three(world)
        const say = (id: number, data: string) => bob.send({ type: 'publish', room: 'a', id, data })
        say(1, 'one')
        say(1, 'again')
        say(3, 'too early')
        say(2, 'two')
        assert.is((await bob.next('error')).code, 'E_ORDER')
        assert.equal([(await ada.next('publish')).data, (await ada.next('publish')).data], ['one', 'two'])
      },
    },
    {
      holds: 'a hundred thousand room names that were built to collide cost at most twice what others do',
      threat: 'names fill one bucket of a table, and every look-up goes through all of them',
      async attack(world) {
        const cost = await costOfCollisions(world)
        assert.ok(cost <= 2, `they cost ${cost.toFixed(1)} times as much`)
      },
    },
  ],
}
