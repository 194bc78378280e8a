import { createHmac } from 'node:crypto'
import * as assert from 'uvu/assert'
import type { MessageContext } from '../../../core/contracts/policy.js'
import type { SignalError } from '../../../core/errors.js'
import type { IceServer } from '../../../core/protocol.js'
import rendezvous from '../../../plugins/balancer/rendezvous.js'
import ice from '../../../plugins/policy/ice.js'
import { type Bindings, construct, FakeClock, policyContract } from '../../contract/index.js'
import { liveServer } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'

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

const HOST = 'candidate:1 1 udp 2122260223 10.0.0.17 46154 typ host'
const RELAY = 'candidate:3 1 udp 41885439 198.51.100.9 50000 typ relay raddr 203.0.113.77 rport 46154'
const HIDDEN = RELAY.replace('203.0.113.77 rport 46154', '0.0.0.0 rport 9')

suite('policy/ice: candidates', (test) => {
  const relayOnly = construct(ice, { relayOnly: true })
  const told = (kind: MessageContext['kind'], data: unknown): unknown => {
    const text = relayOnly.onData!({ kind } as MessageContext, JSON.stringify(data))
    return text === null ? 'nothing' : JSON.parse(text)
  }
  const cases = { make: () => construct(ice, { relayOnly: true, candidates: { deny: ['10.0.0.0/8'] } }) }
  for (const { name, run } of policyContract(cases)) test(`${name}, with rules`, run)

  test('asks for no payload where there are no rules', () => {
    assert.equal(construct(ice).dataKinds, [])
    for (const options of [
      { relayOnly: true },
      { candidates: { mdns: false } },
      { candidates: { deny: ['::1'] } },
    ]) {
      assert.equal(construct(ice, options).dataKinds, ['offer', 'answer', 'candidate'])
    }
  })

  test('drops candidates that may not be told, and says no more than a candidate says', () => {
    assert.is(told('candidate', { candidate: HOST, sdpMid: '0' }), 'nothing')
    const full = { candidate: RELAY, sdpMid: '0', sdpMLineIndex: 0, usernameFragment: 'EsAw' }
    assert.equal(told('candidate', { ...full, address: '10.0.0.17', relatedAddress: '10.0.0.17' }), {
      ...full,
      candidate: HIDDEN,
    })
    assert.equal(told('candidate', { candidate: RELAY }), { candidate: HIDDEN })
  })

  test('lets the end of candidates through', () => {
    assert.is(told('candidate', null), null)
    assert.equal(told('candidate', { candidate: '', sdpMid: '1' }), { candidate: '', sdpMid: '1' })
  })

  test('filters the SDP of offers and answers, and leaves what stands beside it', () => {
    for (const type of ['offer', 'answer'] as const) {
      const sdp = (...lines: string[]) => ['v=0', ...lines, 'a=mid:0', ''].join('\r\n')
      const given = { type, sdp: sdp(`a=${HOST}`, `a=${RELAY}`), note: 'ключ' }
      assert.equal(told(type, given), { ...given, sdp: sdp(`a=${HIDDEN}`) })
    }
  })

  test('refuses what it can not read', () => {
    for (const kind of ['offer', 'answer', 'candidate'] as const) {
      for (const data of [
        'sealed',
        5,
        [],
        {},
        true,
        { sdp: 5 },
        { candidate: { candidate: RELAY } },
        [RELAY],
      ]) {
        assert.throws(
          () => told(kind, data),
          (error: SignalError) => error.code === 'E_REFUSED' && error.message.includes(kind),
        )
      }
    }
    assert.throws(() => told('offer', null), /can't read this offer/)
  })

  test('of a key that comes twice, one reading is relayed', () => {
    const text = `{"candidate":"${HOST}","candidate":"${RELAY}"}`
    assert.is(
      relayOnly.onData!({ kind: 'candidate' } as MessageContext, text),
      JSON.stringify({ candidate: HIDDEN }),
    )
  })

  test('does not start with networks that are none', () => {
    assert.throws(
      () => construct(ice, { candidates: { deny: ['10.0.0.0/33'] } }),
      /^candidates\.deny\[0\]: must be/,
    )
  })
})

for (const engine of ENGINES) {
  suite(`policy/ice: in a server (${engine})`, (test) => {
    test('relay only: no other address reaches a peer', async (defer) => {
      const plugins = { policy: [{ use: 'ice', options: { relayOnly: true } }] }
      const live = await liveServer(defer, engine, { plugins })
      const [ada, bob] = [
        await live.client({ query: 'room=k%22%5C' }),
        await live.client({ query: 'room=k%22%5C' }),
      ]
      const heard: string[] = []
      bob.socket.on('message', (bytes) => heard.push(bytes.toString()))
      const about = { room: 'k"\\', to: bob.id }
      ada.send({
        type: 'offer',
        id: 1,
        ...about,
        data: { type: 'offer', sdp: `v=0\r\na=${HOST}\r\na=${RELAY}\r\n` },
      })
      ada.send({ type: 'candidate', id: 2, ...about, data: { candidate: HOST } })
      ada.send({ type: 'candidate', id: 3, ...about, data: { candidate: RELAY, sdpMid: 'ключ' } })
      ada.send({ type: 'offer', id: 4, ...about, data: 'sealed' })
      ada.send({ type: 'candidate', id: 5, ...about, data: null })
      const from = { room: about.room, from: ada.id }
      assert.equal(await bob.next('offer'), {
        type: 'offer',
        ...from,
        data: { type: 'offer', sdp: `v=0\r\na=${HIDDEN}\r\n` },
      })
      assert.equal(await bob.next('candidate'), {
        type: 'candidate',
        ...from,
        data: { candidate: HIDDEN, sdpMid: 'ключ' },
      })
      assert.is((await bob.next('candidate')).data, null)
      const { id, code } = await ada.next('error')
      assert.equal([id, code], [4, 'E_REFUSED'])
      assert.not.match(heard.join(''), /10\.0\.0\.17|203\.0\.113\.77|46154|sealed/)
    })
  })
}
