import assert from 'node:assert/strict'
import type {
  AttemptContext,
  ConnectContext,
  JoinContext,
  MessageContext,
  MessageKindName,
  Policy,
} from '../../core/contracts/policy.js'
import { ERRORS, type ErrorCode, SignalError } from '../../core/errors.js'
import type { Lifecycle } from '../../core/plugin.js'
import { type HotKindName, type IceServer, KINDS } from '../../core/protocol.js'
import { type ContractCase, contractCase } from './contract-case.js'
import { lifecycleContract } from './lifecycle.js'

export interface PolicyHarness {
  /** A new instance, not started. */
  make(): Policy & Lifecycle
  /** Things that it must refuse. */
  readonly refused?: {
    readonly attempts?: readonly AttemptContext[]
    readonly connects?: readonly ConnectContext[]
    readonly joins?: readonly JoinContext[]
    readonly messages?: readonly MessageContext[]
  }
}

const PEER = 'AAAAAAAAAAAAAAAA'
const MESSAGE_KINDS = Object.keys(KINDS).filter(
  (kind) => kind !== 'join' && kind !== 'bye',
) as readonly MessageKindName[]
const HOT_KINDS: readonly HotKindName[] = ['offer', 'answer', 'candidate', 'signal', 'publish']
/** Payloads that mean nothing to anybody. */
const PAYLOADS = ['null', '0', '"\\ud800"', '[]', '{}', '{"__proto__":{"sdp":1}}', '{"sdp":5,"candidate":[]}']
/** Names come from outside: policies meet all of them. */
const NAMES = ['alice', 'a:b', '', 'x'.repeat(256), 'ключ🔑', '__proto__', '\0\n']

const connectContext = (id: string): ConnectContext => ({
  principal: Object.freeze({ id, grants: Object.freeze({}) }),
  peer: PEER,
  slot: 0,
  address: '192.0.2.7',
  now: 0,
  iceServers: [],
})
const joinContext = (id: string, room: string, members: number): JoinContext => ({
  principal: connectContext(id).principal,
  peer: PEER,
  slot: 0,
  room,
  roomNumber: members === 0 ? -1 : 0,
  members,
  now: 0,
})
const messageContext = (kind: MessageKindName, lengthBytes: number, recipients: number): MessageContext => ({
  principal: connectContext('alice').principal,
  peer: PEER,
  slot: 0,
  kind,
  room: 'room',
  roomNumber: 0,
  lengthBytes,
  recipients,
  now: 0,
})

/** The contract of policies: core/contracts/policy.ts. */
export function policyContract(harness: PolicyHarness): ContractCase[] {
  const started = async (defer: (cleanUp: () => unknown) => void): Promise<Policy> => {
    const policy = harness.make()
    defer(() => policy.stop?.())
    await policy.start?.()
    return policy
  }
  return [
    contractCase('lets connections in or refuses them, whatever their names', async (defer) => {
      const policy = await started(defer)
      for (const id of NAMES) await refusalOf(() => policy.onConnect?.(connectContext(id)))
    }),

    contractCase('adds ICE servers that a browser takes, and leaves those of others alone', async (defer) => {
      const policy = await started(defer)
      const other: IceServer = Object.freeze({ urls: Object.freeze(['stun:stun.example']) })
      const context = connectContext('alice')
      context.iceServers.push(other)
      await refusalOf(() => policy.onConnect?.(context))
      assert.equal(context.iceServers[0], other)
      context.iceServers.forEach(checkIceServer)
    }),

    contractCase('lets joins pass or refuses them, whatever the room', async (defer) => {
      const policy = await started(defer)
      for (const room of NAMES.filter((name) => name !== '')) {
        for (const members of [0, 1, 16_383]) {
          await refusalOf(() => policy.onJoin?.(joinContext('alice', room, members)))
        }
      }
    }),

    contractCase('judges messages at once, and does not keep their context', async (defer) => {
      const policy = await started(defer)
      for (const kind of MESSAGE_KINDS) {
        for (const lengthBytes of [2, 65_536]) {
          // Touching the context after the call throws: the hub reuses the object.
          const { proxy, revoke } = Proxy.revocable(messageContext(kind, lengthBytes, 1), {})
          await refusalOf(() => {
            const returned: unknown = policy.onMessage?.(proxy)
            assert.equal(returned, undefined, 'onMessage is synchronous: a promise would be ignored')
          })
          revoke()
        }
      }
      await new Promise((resolve) => setImmediate(resolve))
    }),

    contractCase('makes JSON of JSON, or nothing, whatever a payload is', async (defer) => {
      const policy = await started(defer)
      for (const kind of policy.dataKinds ?? []) {
        assert.ok(HOT_KINDS.includes(kind), `${kind} has no payload that is relayed`)
        assert.ok(policy.onData, 'dataKinds says which messages onData is asked about')
        for (const data of PAYLOADS) {
          await refusalOf(() => {
            const relayed = policy.onData!(messageContext(kind, 100, 1), data)
            if (relayed !== null) JSON.parse(relayed)
          })
        }
      }
    }),

    contractCase(
      'is told of every refusal, of strangers and of peers, and of every goodbye',
      async (defer) => {
        const policy = await started(defer)
        for (const code of Object.keys(ERRORS) as ErrorCode[]) {
          for (const slot of [-1, 0, 131_071]) {
            await refusalOf(() => policy.onRefused?.({ code, address: '192.0.2.7', slot, now: 0 }))
          }
        }
        for (const slot of [0, 0, 131_071]) policy.onDisconnect?.(slot)
        await refusalOf(() => policy.onConnect?.(connectContext('alice')))
      },
    ),

    contractCase('refuses what it should', async (defer) => {
      const policy = await started(defer)
      const { attempts: tries = [], connects = [], joins = [], messages = [] } = harness.refused ?? {}
      const attempts = [
        ...tries.map((context) => () => policy.onAttempt?.(context)),
        ...connects.map((context) => () => policy.onConnect?.(context)),
        ...joins.map((context) => () => policy.onJoin?.(context)),
        ...messages.map((context) => () => policy.onMessage?.(context)),
      ]
      for (const attempt of attempts) assert.ok(await refusalOf(attempt), 'this should have been refused')
    }),

    ...lifecycleContract(harness),
  ]
}

/** The refusal of a hook, or undefined; fails when the hook throws anything but a `SignalError`. */
async function refusalOf(hook: () => void | Promise<void>): Promise<SignalError | undefined> {
  try {
    await hook()
  } catch (error) {
    if (error instanceof assert.AssertionError) throw error
    assert.ok(error instanceof SignalError, `a refusal is a SignalError, not ${error}`)
    return error
  }
  return undefined
}

function checkIceServer({ urls, username, credential }: IceServer): void {
  assert.ok(urls.length > 0)
  for (const url of urls) assert.match(url, /^(stun|turn)s?:/)
  if (!urls.some((url) => url.startsWith('turn'))) return
  assert.equal(typeof username, 'string', 'a TURN server needs a user name (WebRTC section 4.4.1.1)')
  assert.equal(typeof credential, 'string', 'a TURN server needs a credential')
}
