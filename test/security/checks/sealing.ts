import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { connect } from '../../../client/index.js'
import { createIdentity, createSeal, createSecret, knownKeys } from '../../../client/seal/index.js'
import { HostileRelay, isSaid, type Relayed } from '../../client/seal/hostile-relay.js'
import { comesTrue } from '../attacker.js'
import type { Group } from '../check.js'

const SDP = 'v=0\r\na=fingerprint:sha-256 AA:BB\r\n'
const offer = { type: 'offer', room: 'kitchen', to: 'bob', data: { type: 'offer', sdp: SDP } } as const

/** Two members of a sealed room at a server that is the enemy. */
async function two(options: Parameters<typeof createSeal>[1][] = []) {
  const secret = createSecret()
  const relay = new HostileRelay()
  const ada = await relay.join('ada', await createSeal(secret, options[0]))
  const bob = await relay.join('bob', await createSeal(secret, options[1]))
  return { relay, ada, bob }
}

/** What the server makes of what is said. */
const twist = (relay: HostileRelay, change: (message: Relayed) => readonly Relayed[]) => {
  relay.tamper = (_to, message) => (isSaid(message) ? change(message) : [message])
}

export const sealing: Group = {
  title: 'Sealed signaling',
  checks: [
    {
      holds: 'the server reads nothing of what a sealed room says',
      threat: 'whoever runs the server, or breaks into it, learns addresses and words',
      async attack({ serve, defer }) {
        const { url, client } = await serve()
        const secret = createSecret()
        const join = async () => {
          const session = await connect(`${url}/signal`, {
            WebSocket,
            room: 'a',
            seal: await createSeal(secret),
          })
          defer(() => session.close())
          return session.join('a')
        }
        const [ada, bob] = [await join(), await join()]
        const heard: unknown[] = []
        bob.on('message', ({ data }) => heard.push(data))
        const spy = await client({ query: 'room=a' })
        await ada.publish('candidate 192.0.2.99')
        assert.ok(await comesTrue(() => heard.length === 1))
        const publish = await spy.next('publish')
        assert.not.match(JSON.stringify([publish, spy.inbox]), /192\.0\.2\.99/)
      },
    },
    {
      holds: 'a fingerprint that is swapped on the way is noticed, and not applied',
      threat: 'the server sits in the middle of a call',
      async attack() {
        const { relay, ada, bob } = await two()
        twist(relay, (message) => [{ ...message, data: offer.data }])
        await ada.say(offer)
        assert.ok(await comesTrue(() => bob.failures.some(({ code }) => code === 'E_SEAL_PLAIN')))
        twist(relay, (message) => {
          const { n, box } = (message.data as { seal: { n: number; box: string } }).seal
          return [{ ...message, data: { seal: { n, box: `${box.slice(0, -4)}AAAA` } } }]
        })
        await ada.say(offer)
        assert.ok(await comesTrue(() => bob.failures.some(({ code }) => code === 'E_SEAL_FORGED')))
        assert.equal(bob.heard, [])
      },
    },
    {
      holds: 'what is repeated, sent back, or passed off as another kind is noticed',
      threat: 'old words are given a new meaning',
      async attack() {
        const { relay, ada, bob } = await two()
        twist(relay, (message) => {
          relay.inject('ada', { ...message, from: 'bob' })
          return [message, message, { ...message, type: 'answer' } as Relayed]
        })
        await ada.say(offer)
        assert.ok(await comesTrue(() => bob.failures.length === 2 && ada.failures.length === 1))
        assert.equal(bob.heard.length, 1)
        assert.equal(
          bob.failures.map(({ code }) => code),
          ['E_SEAL_REPLAYED', 'E_SEAL_FORGED'],
        )
      },
    },
    {
      holds: 'what is dropped on the way is noticed with the next message',
      threat: 'the server decides what is heard',
      async attack() {
        const { relay, ada, bob } = await two()
        twist(relay, () => [])
        await ada.say(offer)
        twist(relay, (message) => [message])
        await ada.say(offer)
        assert.ok(await comesTrue(() => bob.heard.length === 1))
        assert.equal(
          bob.failures.map(({ code }) => code),
          ['E_SEAL_MISSING'],
        )
      },
    },
    {
      holds: 'with identities, fingerprints that the right one hasn’t signed are refused',
      threat: 'a member who has the room secret sits in the middle of others’ calls',
      async attack() {
        const [ada, impostor] = [await createIdentity('ada'), await createIdentity('ada')]
        const trust = knownKeys({ ada: ada.publicKey })
        const genuine = await two([{ identity: ada }, { trust }])
        await genuine.ada.say(offer)
        assert.ok(await comesTrue(() => genuine.bob.heard.length === 1))
        const forged = await two([{ identity: impostor }, { trust }])
        await forged.ada.say(offer)
        assert.ok(await comesTrue(() => forged.bob.failures.some(({ code }) => code === 'E_IDENTITY')))
        assert.equal(forged.bob.heard, [])
      },
    },
  ],
}
