import * as assert from 'uvu/assert'
import type { Auth, Credentials } from '../../core/contracts/auth.js'
import type { Balancer, Candidate } from '../../core/contracts/balancer.js'
import type { Bus, BusReceiver } from '../../core/contracts/bus.js'
import type { Policy } from '../../core/contracts/policy.js'
import type { Hub } from '../../core/contracts/transport.js'
import { SignalError } from '../../core/errors.js'
import type { Lifecycle } from '../../core/plugin.js'
import { SUBPROTOCOL } from '../../core/protocol.js'
import ws from '../../plugins/transport/ws.js'
import {
  authContract,
  type BusHarness,
  balancerContract,
  busContract,
  type ContractCase,
  construct,
  handshakeHeaders,
  maskedFrame,
  observerContract,
  policyContract,
  textsAfterHandshake,
  transportContract,
} from '../contract/index.js'
import { suite } from '../suite.js'

/** The names of the cases that find fault. */
async function faults(cases: readonly ContractCase[]): Promise<string[]> {
  const names: string[] = []
  for (const { name, run } of cases) await run().catch(() => names.push(name))
  return names
}

/** Asserts that the cases of this name, and there are some, find a broken plugin out. */
async function findsOut(cases: readonly ContractCase[], name: RegExp): Promise<void> {
  const named = cases.filter((one) => name.test(one.name))
  assert.is.not(named.length, 0, `no case is called ${name}`)
  assert.is.not((await faults(named)).length, 0, `${name} found no fault`)
}

const alice: Credentials = { token: 'the token of alice', address: '127.0.0.1' }
const principal = { id: 'alice', grants: {} }
const auth = (authenticate: Auth['authenticate'], more: Lifecycle = {}) =>
  authContract({ make: () => ({ authenticate, ...more }), accepted: [alice] })

const balancer = (pick: (key: string, candidates: readonly Candidate[]) => Candidate | undefined) =>
  balancerContract({ make: () => ({ pick: pick as Balancer['pick'] }), sticky: true })

const sum = (text: string): number => [...text].reduce((total, letter) => total + letter.charCodeAt(0), 0)

const policy = (hooks: Policy) => policyContract({ make: () => hooks })

/** A bus of one process with one fault. */
type BusFault =
  | 'echo'
  | 'synchronous'
  | 'last in, first out'
  | 'deaf to unsubscribe'
  | 'silent after stop'
  | 'no large messages'
  | 'hangs at its stop'
  | 'forgets topics in an outage'
  | 'none'
function faultyBus(fault: BusFault): BusHarness {
  const nodes = new Set<Map<string, BusReceiver>>()
  let isAway = false
  let queue: (() => void)[] = []
  const drain = (): void => {
    const batch = fault === 'last in, first out' ? queue.reverse() : queue
    queue = []
    for (const deliver of batch) {
      try {
        deliver()
      } catch {}
    }
  }
  let lastName = 0
  const make = (): Bus & Lifecycle => {
    const name = `node-${++lastName}`
    const receivers = new Map<string, BusReceiver>()
    return {
      get state(): Bus['state'] {
        return nodes.has(receivers) && !isAway ? 'up' : 'degraded'
      },
      start: () => void nodes.add(receivers),
      stop: () => void nodes.delete(receivers),
      subscribe: async (topic, receive) => void receivers.set(topic, receive),
      unsubscribe: async (topic) => {
        if (fault !== 'deaf to unsubscribe') receivers.delete(topic)
      },
      publish: async (topic, message) => {
        if (!nodes.has(receivers) && fault !== 'silent after stop') throw new Error('stopped')
        if (isAway) throw new Error('away')
        if (message.length > 100_000 && fault === 'no large messages') return
        for (const node of nodes) {
          const receive = node.get(topic)
          if (receive && (node !== receivers || fault === 'echo')) queue.push(() => receive(message, name))
        }
        if (fault === 'synchronous') drain()
        else setImmediate(drain)
        while (fault === 'hangs at its stop' && queue.length > 150) await new Promise(() => {})
      },
    }
  }
  const outage = {
    begin() {
      isAway = true
      if (fault === 'forgets topics in an outage') for (const node of nodes) node.clear()
    },
    end() {
      isAway = false
    },
  }
  return { make, outage }
}

suite('testing/contract', (test) => {
  test('auth: finds out what is wrong', async () => {
    assert.equal(
      await faults(auth(({ token }) => (token === alice.token ? { ...principal } : undefined))),
      [],
    )
    const refuse = (message: string) => () => {
      throw new SignalError('E_AUTH', message)
    }
    await findsOut(
      auth(() => undefined),
      /^knows whom it should/,
    )
    await findsOut(
      auth(() => ({ ...principal, id: '' })),
      /presents nothing/,
    )
    await findsOut(
      auth(() => ({ ...principal, grants: { admin: true } as object })),
      /presents nothing/,
    )
    await findsOut(
      auth(() => null as never),
      /presents nothing/,
    )
    await findsOut(
      auth(({ token }) => JSON.parse(token ?? 'null') ?? undefined),
      /hostile/,
    )
    await findsOut(
      auth(({ token }) => refuse(`no: ${token}`)()),
      /hostile/,
    )
    const accepting = authContract({
      make: () => ({ authenticate: () => ({ ...principal }) }),
      refused: [alice],
    })
    await findsOut(accepting, /^does not know/)
    let last: Credentials = alice
    const forgetful = auth(async (credentials) => {
      last = credentials
      await Promise.resolve()
      return last.token === alice.token ? { ...principal } : undefined
    })
    await findsOut(forgetful, /concurrent/)
    let calls = 0
    const inconstant = auth(() => ({ ...principal, expiresAt: ++calls }))
    await findsOut(inconstant, /^knows whom it should/)
  })

  test('every kind: finds out what a plugin leaves behind', async () => {
    const timers: NodeJS.Timeout[] = []
    const start = () => {
      timers.push(setInterval(() => {}, 60_000))
    }
    await findsOut(
      auth(() => ({ ...principal }), { start }),
      /leaves nothing behind/,
    )
    for (const timer of timers) clearInterval(timer)
    let running = false
    const fussy: Lifecycle = {
      start() {
        running = true
      },
      stop() {
        if (!running) throw new Error('not running')
        running = false
      },
    }
    const names = await faults(auth(() => ({ ...principal }), fussy))
    assert.equal(names, ['can be stopped without having been started', 'can be stopped twice'])
  })

  test('balancer: finds out what is wrong', async () => {
    await findsOut(
      balancer((_key, [first]) => ({ ...first! })),
      /itself/,
    )
    await findsOut(
      balancer(() => undefined),
      /itself/,
    )
    await findsOut(
      balancer((_key, candidates) => (candidates as Candidate[]).sort()[0]),
      /changes none/,
    )
    await findsOut(
      balancer((_key, [first]) => (first!.id === '' ? undefined : first)),
      /from nothing/,
    )
    await findsOut(
      balancer((_key, candidates) => candidates[0]),
      /whatever order/,
    )
    await findsOut(
      balancer((key, candidates) => candidates[sum(key) % Math.max(1, candidates.length)]),
      /candidate that goes/,
    )
    const seen: Candidate[] = []
    await findsOut(
      balancer((_key, candidates) => {
        seen.push(...candidates)
        return candidates.length === 0 ? undefined : seen[0]
      }),
      /each call/,
    )
  })

  test('bus: finds out what is wrong', async () => {
    assert.equal(await faults(busContract(faultyBus('none'))), [])
    const check = (fault: BusFault, expected: RegExp) => findsOut(busContract(faultyBus(fault)), expected)
    await check('echo', /back to its sender/)
    await check('synchronous', /call back while it publishes/)
    await check('last in, first out', /order of each sender/)
    await check('deaf to unsubscribe', /silent after unsubscribe/)
    await check('silent after stop', /after stop/)
    // Each of these waits for what never comes.
    await Promise.all([
      check('no large messages', /largest messages/),
      check('hangs at its stop', /stops under traffic/),
      check('forgets topics in an outage', /comes back by itself/),
    ])
  })

  test('policy: finds out what is wrong', async () => {
    const mistake = () => {
      throw new TypeError('a mistake')
    }
    await findsOut(policy({ onConnect: mistake }), /connections/)
    await findsOut(policy({ onJoin: mistake }), /joins/)
    await findsOut(policy({ onMessage: mistake }), /messages/)
    await findsOut(policy({ onMessage: (async () => {}) as () => void }), /messages/)
    let kept: { kind: string } | undefined
    const keeper = policy({
      onMessage(context) {
        if (kept?.kind === 'never') return
        kept = context
      },
    })
    await findsOut(keeper, /messages/)
    await findsOut(policy({ onConnect: ({ iceServers }) => void iceServers.splice(0) }), /adds ICE servers/)
    await findsOut(
      policy({ onConnect: ({ iceServers }) => void iceServers.push({ urls: ['turn:x'] }) }),
      /adds ICE servers/,
    )
    const join = {
      principal,
      peer: 'AAAAAAAAAAAAAAAA',
      room: 'closed',
      members: 0,
      slot: 0,
      roomNumber: -1,
      now: 0,
    }
    await findsOut(policyContract({ make: () => ({}), refused: { joins: [join] } }), /refuses what it should/)
  })

  test('observer: finds out what is wrong', async () => {
    const observer = (observe: (event: { type: string; data?: string }) => void) =>
      observerContract({ make: () => ({ observe }) })
    await findsOut(
      observer(({ type, data }) => type === 'stats' && JSON.parse(data!)),
      /every event/,
    )
    await findsOut(
      observer(() => {
        const until = performance.now() + 0.2
        while (performance.now() < until);
      }),
      /quick/,
    )
  })

  test('transport: finds out what is wrong', async () => {
    const transport = (distort: (hub: Hub) => Hub) =>
      transportContract({
        make: (frontDoor, hub) => construct(ws, {}, { frontDoor, hub: distort(hub) }),
        handshake: { path: '/signal', headers: handshakeHeaders(SUBPROTOCOL) },
        encode: maskedFrame,
        decode: textsAfterHandshake,
      })
    const goneTwice = transport((hub) => ({
      async admit(request) {
        const admission = await hub.admit(request)
        const attach: typeof admission.attach = (connection) => {
          const peer = admission.attach(connection)
          const gone = peer.gone.bind(peer)
          return Object.assign(peer, {
            gone: (code: number) => {
              gone(code)
              gone(code)
            },
          })
        }
        return { attach, discard: () => admission.discard() }
      },
    }))
    await findsOut(goneTwice, /tells the hub once/)
  })
})
