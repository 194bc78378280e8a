import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { type Ban, Bans } from '../../../core/access/bans.js'
import { FakeClock } from '../../contract/fake-clock.js'
import { liveServer } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

function setUp() {
  const clock = new FakeClock()
  const told: Ban[] = []
  return { bans: new Bans(clock, (ban) => told.push(ban)), clock, told }
}
const address = (name: string, forMs = 1000): Ban => ({ kind: 'address', name, forMs, why: 'test' })

suite('bans', (test) => {
  test('hold for their time, and for who is meant alone', () => {
    const { bans, clock, told } = setUp()
    assert.is(bans.leftMs('address', '192.0.2.7'), 0)
    bans.ban(address('192.0.2.7'))
    assert.is(bans.leftMs('address', '192.0.2.7'), 1000)
    assert.is(bans.leftMs('address', '::ffff:192.0.2.7'), 1000, 'the same address')
    assert.is(bans.leftMs('address', '192.0.2.8'), 0)
    assert.is(bans.leftMs('principal', '192.0.2.7'), 0)
    clock.advance(999)
    assert.is(bans.leftMs('address', '192.0.2.7'), 1)
    clock.advance(1)
    assert.is(bans.leftMs('address', '192.0.2.7'), 0)
    assert.equal(told, [address('192.0.2.7')])
  })

  test('a whole /64 is meant, since one customer has it', () => {
    const { bans, told } = setUp()
    bans.ban(address('2001:db8:1:2::5'))
    assert.is(bans.leftMs('address', '2001:db8:1:2:ffff::9'), 1000)
    assert.is(bans.leftMs('address', '2001:db8:1:3::5'), 0)
    assert.is(told[0]!.name, '2001:db8:1:2::/64')
  })

  test('are never shortened by another, and can be lifted', () => {
    const { bans } = setUp()
    bans.ban({ kind: 'principal', name: '__proto__', forMs: 5000, why: 'test' })
    bans.ban({ kind: 'principal', name: '__proto__', forMs: 10, why: 'test' })
    assert.is(bans.leftMs('principal', '__proto__'), 5000)
    bans.lift('principal', '__proto__')
    assert.is(bans.leftMs('principal', '__proto__'), 0)
  })

  test('are bounded: the oldest is forgotten first, what is over before that', () => {
    const { bans, clock } = setUp()
    bans.ban(address('over', 1))
    clock.advance(2)
    for (let i = 0; i <= 65_536; i++) bans.ban(address(`a${i}`))
    assert.is(bans.leftMs('address', 'a0'), 0)
    assert.is(bans.leftMs('address', 'a1'), 1000)
    assert.is(bans.leftMs('address', 'a65536'), 1000)
  })
})

const banning = fileURLToPath(new URL('../../fixtures/banning-policy.js', import.meta.url))

for (const engine of ENGINES) {
  suite(`bans: in a server (${engine})`, (test) => {
    const tokens = ['ada', 'bob'].map((name) => ({ token: `a-token-of-a-kiosk-${name}`, name }))
    const plugins = { auth: [{ use: 'token', options: { tokens } }], policy: [{ use: banning }] }

    test('a banned principal loses every connection, and gets none until it is over', async (defer) => {
      const live = await liveServer(defer, engine, { plugins })
      const [first, second] = [await live.client(tokens[0]), await live.client(tokens[0])]
      const bob = await live.client(tokens[1])
      await bob.join('a')
      second.send({ type: 'join', room: 'ban principal ada' })
      for (const client of [first, second]) assert.is((await client.closed).code, 4505)
      const { status, body } = await live.dial(tokens[0]).refused
      assert.is(status, 429)
      assert.is(JSON.parse(body).code, 'E_BANNED')
      await bob.settled()
      assert.is(live.server.stats.memberships, 1, 'a join under way is undone')
    })

    test('a banned address is refused before its token is looked at', async (defer) => {
      const live = await liveServer(defer, engine, { plugins })
      const client = await live.client(tokens[0])
      client.send({ type: 'join', room: 'ban address 127.0.0.1' })
      assert.is((await client.closed).code, 4505)
      assert.is((await live.dial({ token: 'wrong'.repeat(4) }).refused).status, 429)
      assert.is(live.server.stats.refused.E_AUTH, undefined)
    })
  })
}
