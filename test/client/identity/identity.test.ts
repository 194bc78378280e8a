import * as assert from 'uvu/assert'
import type { SignalboxError } from '../../../client/errors.js'
import { createIdentity, identityOf } from '../../../client/identity/identity.js'
import { fingerprintsIn, type Occasion, sign, signerOf } from '../../../client/identity/signature.js'
import { knownKeys, trustOnFirstUse } from '../../../client/identity/trust.js'
import { createSeal, createSecret } from '../../../client/seal/index.js'
import { until } from '../../live-server.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'
import { HostileRelay } from '../seal/hostile-relay.js'

const SDP = [
  'v=0',
  'a=fingerprint:sha-256 AA:BB:CC',
  'm=audio 9 UDP/TLS/RTP/SAVPF 111',
  'a=fingerprint:sha-256 AA:BB:CC',
  'a=ice-ufrag:abcd',
].join('\r\n')
const LINES = ['a=fingerprint:sha-256 AA:BB:CC']
const occasion: Occasion = { kind: 'offer', room: 'kitchen', from: 'ada', to: 'bob', nonces: ['one', 'two'] }

suite('identity', (test) => {
  test('a private key can be used and not read; a pair that was kept is the same identity', async () => {
    const { name, publicKey, keys } = await createIdentity('ada')
    assert.match(publicKey, /^[\w-]{43}$/)
    assert.not(keys.privateKey.extractable)
    assert.equal((await identityOf(name, structuredClone(keys))).publicKey, publicKey)
    assert.is.not((await createIdentity('ada')).publicKey, publicKey)
  })
})

suite('identity: signatures', (test) => {
  test('cover every line about fingerprints, however it is written, and no description without any', () => {
    assert.equal(fingerprintsIn({ sdp: SDP }), LINES)
    const odd = 'A=Fingerprint:sha-1 00\r a=fingerprint:sha-256 11\n\na=tls-id:x'
    assert.equal(fingerprintsIn({ sdp: odd }), [' a=fingerprint:sha-256 11', 'A=Fingerprint:sha-1 00'])
    assert.equal(fingerprintsIn({ sdp: 'v=0' }), [])
    for (const data of [null, 'sdp', {}, { sdp: 7 }]) assert.is(fingerprintsIn(data), undefined)
  })

  test('are good for what was signed, on that occasion, and for nothing else', async () => {
    const ada = await createIdentity('ada')
    const signed = { ...(await sign(ada, LINES, occasion)) }
    assert.equal(await signerOf(signed, LINES, occasion), { name: 'ada', publicKey: ada.publicKey })
    const eve = await createIdentity('ada')
    const wrong: [typeof signed | undefined, readonly string[], Occasion][] = [
      [signed, ['a=fingerprint:sha-256 EE:EE:EE'], occasion],
      [signed, [...LINES, 'a=fingerprint:sha-256 EE:EE:EE'], occasion],
      [signed, [], occasion],
      [signed, LINES, { ...occasion, kind: 'answer' }],
      [signed, LINES, { ...occasion, room: 'cellar' }],
      [signed, LINES, { ...occasion, from: 'eve' }],
      [signed, LINES, { ...occasion, to: 'eve' }],
      [signed, LINES, { ...occasion, nonces: ['two', 'one'] }],
      [signed, LINES, { ...occasion, nonces: ['one', 'three'] }],
      [{ ...signed, name: 'bob' }, LINES, occasion],
      [{ ...signed, publicKey: eve.publicKey }, LINES, occasion],
      [{ ...signed, signature: `${signed.signature.slice(0, -4)}AAAA` }, LINES, occasion],
      [{ ...signed, signature: '' }, LINES, occasion],
      [{ ...signed, publicKey: 'AAAA' }, LINES, occasion],
      [undefined, LINES, occasion],
    ]
    for (const [i, one] of wrong.entries()) assert.is(await signerOf(...one), undefined, String(i))
  })
})

suite('identity: trust', (test) => {
  test('known keys: these names with these keys, and no other', () => {
    const { accepts } = knownKeys({ ada: 'A', bob: 'B' })
    assert.ok(accepts('ada', 'A'))
    for (const [name, key] of [
      ['ada', 'B'],
      ['eve', 'A'],
      ['constructor', ''],
      ['__proto__', ''],
    ] as const)
      assert.not(accepts(name, key))
  })

  test('first use: whoever came first under a name keeps it, also when two come at once', async () => {
    const stored = new Map<string, string>()
    const slow = {
      getItem: async (name: string) => {
        await new Promise((resolve) => setTimeout(resolve, 1))
        return stored.get(name) ?? null
      },
      setItem: async (name: string, key: string) => void stored.set(name, key),
    }
    for (const store of [undefined, slow]) {
      const trust = trustOnFirstUse(store)
      assert.equal(
        await Promise.all([trust.accepts('ada', 'A'), trust.accepts('ada', 'E'), trust.accepts('bob', 'B')]),
        [true, false, true],
      )
      assert.ok(await trust.accepts('ada', 'A'))
    }
    assert.not(await trustOnFirstUse(slow).accepts('ada', 'E'))
  })
})

suite('identity: in a sealed room', (test) => {
  const secret = createSecret()
  const offer = { type: 'offer', room: 'kitchen', to: 'bob', data: { type: 'offer', sdp: SDP } } as const

  test('a description that the right one has signed arrives, and its signer is known', async () => {
    const [ada, bob] = [await createIdentity('ada'), await createIdentity('bob')]
    const relay = new HostileRelay()
    const trust = knownKeys({ ada: ada.publicKey, bob: bob.publicKey })
    const seals = [
      await createSeal(secret, { identity: ada, trust }),
      await createSeal(secret, { identity: bob, trust }),
    ] as const
    const [a, b] = [await relay.join('ada', seals[0]), await relay.join('bob', seals[1])]
    assert.is(seals[1].identityOf('kitchen', 'ada'), undefined)
    await a.say(offer)
    await b.say({ ...offer, type: 'answer', to: 'ada' })
    await until(() => b.heard.length === 1 && a.heard.length === 1)
    assert.equal(b.heard[0]!.data, offer.data)
    assert.equal(seals[1].identityOf('kitchen', 'ada'), { name: 'ada', publicKey: ada.publicKey })
    assert.equal(seals[0].identityOf('kitchen', 'bob')?.name, 'bob')
    assert.equal([a.failures, b.failures], [[], []])
  })

  test('an impostor with the room secret, a nobody and a stranger are refused, and told', async () => {
    const [ada, impostor, stranger] = [
      await createIdentity('ada'),
      await createIdentity('ada'),
      await createIdentity('eve'),
    ]
    for (const identity of [impostor, stranger, undefined]) {
      const relay = new HostileRelay()
      const a = await relay.join('ada', await createSeal(secret, { ...(identity && { identity }) }))
      const seal = await createSeal(secret, { trust: knownKeys({ ada: ada.publicKey }) })
      const b = await relay.join('bob', seal)
      await a.say(offer)
      await a.say({ type: 'signal', room: 'kitchen', to: 'bob', data: 'words need no signature' })
      await until(() => b.heard.length === 1)
      assert.equal(b.failures, [{ peer: 'ada', code: 'E_IDENTITY' }])
      assert.is(b.heard[0]!.type, 'signal')
      assert.is(seal.identityOf('kitchen', 'ada'), undefined)
    }
  })

  test('on first use the first key counts, and another one under that name is told', async () => {
    const trust = trustOnFirstUse()
    const outcomes: string[] = []
    for (const identity of [await createIdentity('ada'), await createIdentity('ada')]) {
      const relay = new HostileRelay()
      const a = await relay.join('ada', await createSeal(secret, { identity }))
      const b = await relay.join('bob', await createSeal(secret, { trust }))
      await a.say(offer)
      await until(() => b.heard.length + b.failures.length === 1)
      outcomes.push(b.failures[0]?.code ?? 'heard')
    }
    assert.equal(outcomes, ['heard', 'E_IDENTITY'])
  })

  test('without Ed25519: E_SETUP', async (defer) => {
    const { generateKey } = crypto.subtle
    defer(() => Object.assign(crypto.subtle, { generateKey }))
    Object.assign(crypto.subtle, {
      generateKey: () => Promise.reject(new DOMException('no', 'NotSupportedError')),
    })
    assert.is(((await rejection(createIdentity('ada'))) as SignalboxError).code, 'E_SETUP')
  })
})
