import { createHmac } from 'node:crypto'
import * as assert from 'uvu/assert'
import type { IceServer } from '../../../core/protocol.js'
import rendezvous from '../../../plugins/balancer/rendezvous.js'
import ice from '../../../plugins/policy/ice.js'
import { type Bindings, construct, FakeClock, policyContract } from '../../contract/index.js'
import { suite } from '../../suite.js'

const SECRET = 'shared with the TURN server'
const STUN = { urls: ['stun:stun.example', 'stun:[2001:db8::1]:3478'] }
const turn = (n: number, more: object = {}) => ({
  urls: [`turn:turn${n}.example?transport=udp`],
  secret: SECRET,
  ...more,
})

async function serversFor(
  options: object,
  peer = 'AAAAAAAAAAAAAAAA',
  principal: { id: string; expiresAt?: number } = { id: 'alice' },
  bindings: Partial<Bindings> = {},
): Promise<IceServer[]> {
  const context = {
    peer,
    slot: 0,
    address: '127.0.0.1',
    now: 0,
    principal: { grants: {}, ...principal },
    iceServers: [],
  }
  await construct(ice, options, { clock: new FakeClock(), ...bindings }).onConnect?.(context)
  return context.iceServers
}

const problemOf = (servers: object[]): string => {
  try {
    construct(ice, { servers })
  } catch (error) {
    return (error as Error).message
  }
  return ''
}

suite('policy/ice', (test) => {
  const options = { servers: [STUN, turn(1), turn(2), turn(3)] }
  for (const { name, run } of policyContract({ make: () => construct(ice, options) })) test(name, run)

  test('makes the credentials that coturn computes', async () => {
    const [server] = await serversFor({ servers: [turn(1)], ttlSeconds: 600 })
    const expiry = FakeClock.EPOCH / 1000 + 600
    assert.is(server!.username, `${expiry}:alice`)
    const expected = createHmac('sha1', SECRET).update(`${expiry}:alice`).digest('base64')
    assert.is(server!.credential, expected)
    assert.not.match(JSON.stringify(server), SECRET)
  })

  test('never promises more than an hour, nor more than the principal has', async () => {
    const expiryOf = async (more: object, expiresAt?: number) => {
      const [server] = await serversFor({ servers: [turn(1)], ...more }, undefined, {
        id: 'a',
        ...(expiresAt === undefined ? {} : { expiresAt }),
      })
      return Number.parseInt(server!.username!, 10) - FakeClock.EPOCH / 1000
    }
    assert.is(await expiryOf({}), 3600)
    assert.is(await expiryOf({}, FakeClock.EPOCH + 90_500), 90)
    assert.is(await expiryOf({}, FakeClock.EPOCH + 9_000_000), 3600)
    assert.throws(() => construct(ice, { ttlSeconds: 3601 }), /ttlSeconds/)
  })

  test('offers STUN to all, fixed credentials as they are, and nothing when there is nothing', async () => {
    assert.equal(await serversFor({}), [])
    const fixed = { urls: ['turns:turn.example:443?transport=tcp'], username: 'u', credential: 'c' }
    assert.equal(await serversFor({ servers: [fixed, STUN] }), [STUN, fixed])
  })

  test('leaves the choice of TURN servers to the balancer', async () => {
    const servers = Array.from({ length: 6 }, (_, i) => turn(i, { weight: i === 0 ? 3 : 1 }))
    const counts = new Map<string, number>()
    const balancer = construct(rendezvous)
    for (let i = 0; i < 2000; i++) {
      const offered = await serversFor({ servers }, `peer-${i}`, { id: 'everyone' }, { balancer })
      assert.is(offered.length, 2)
      assert.is.not(offered[0]!.urls[0], offered[1]!.urls[0])
      const first = offered[0]!.urls[0]!
      counts.set(first, (counts.get(first) ?? 0) + 1)
    }
    assert.is(counts.size, 6)
    assert.ok(Math.abs(counts.get('turn:turn0.example?transport=udp')! - 750) < 100, 'three of eight shares')
    const again = () => serversFor({ servers }, 'peer-7', { id: 'bob' }, { balancer })
    assert.equal(await again(), await again())
    assert.is((await serversFor({ servers, pick: 6 })).length, 6)
  })

  test('lets a balancer see weight and region, and survives one that picks nothing', async () => {
    const seen: unknown[] = []
    const balancer: Bindings['balancer'] = {
      pick(_key, candidates) {
        seen.push(...candidates.map(({ id, weight, region }) => ({ id, weight, region })))
        return undefined
      },
    }
    const servers = [turn(1, { id: 'eu', region: 'eu', weight: 2 }), turn(2)]
    assert.equal(await serversFor({ servers, pick: 1 }, undefined, undefined, { balancer }), [])
    assert.equal(seen, [
      { id: 'eu', weight: 2, region: 'eu' },
      { id: 'turn:turn2.example?transport=udp', weight: undefined, region: undefined },
    ])
  })

  test('does not start with servers that can not work', () => {
    const cases: [object[], RegExp][] = [
      [[{ urls: ['https://turn.example'] }], /^servers\[0\]\.urls\[0\]: must be stun:HOST/],
      [[STUN, { urls: ['turn:turn.example'] }], /^servers\[1\]\.secret: a TURN server needs either/],
      [[turn(1, { username: 'u', credential: 'c' })], /^servers\[0\]\.secret: a TURN server needs either/],
      [[turn(1, { username: 'u' })], /^servers\[0\]\.credential: is missing/],
      [[{ ...STUN, secret: SECRET }], /^servers\[0\]\.urls: has credentials, but no turn: URL/],
      [[turn(1), turn(1)], /^servers\[1\]\.id: is the same as that of servers\[0\]/],
      [[{ urls: [] }], /^options\.servers\[0\]\.urls: /],
    ]
    for (const [servers, expected] of cases) assert.match(problemOf(servers), expected)
    assert.not.match(cases.map(([servers]) => problemOf(servers)).join(), SECRET)
  })
})
