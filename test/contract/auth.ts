import assert from 'node:assert/strict'
import { readGrants } from '../../core/access/grants-schema.js'
import type { Auth, Credentials, Principal } from '../../core/contracts/auth.js'
import { SignalError } from '../../core/errors.js'
import type { Lifecycle } from '../../core/plugin.js'
import { type ContractCase, contractCase } from './contract-case.js'
import { lifecycleContract } from './lifecycle.js'

export interface AuthHarness {
  /** A new instance, not started. */
  make(): Auth & Lifecycle
  /** Credentials that it knows. */
  readonly accepted?: readonly Credentials[]
  /** Credentials that it passes on or refuses. */
  readonly refused?: readonly Credentials[]
}

const ADDRESS = '192.0.2.7'

/** What somebody may try; none of it may do more than be refused. */
const HOSTILE_TOKENS = [
  '',
  ' ',
  '.',
  '..',
  'a.b.c',
  'e30.e30.',
  'eyJhbGciOiJub25lIn0.eyJzdWIiOiJyb290In0.',
  '\0',
  '\ud800',
  '__proto__',
  'ключ🔑',
  '$'.repeat(16_384),
]

/** The contract of auth plugins: core/contracts/auth.ts. */
export function authContract(harness: AuthHarness): ContractCase[] {
  const started = async (defer: (cleanUp: () => unknown) => void): Promise<Auth> => {
    const auth = harness.make()
    defer(() => auth.stop?.())
    await auth.start?.()
    return auth
  }
  return [
    contractCase('passes on, refuses or names whoever presents nothing', async (defer) => {
      await verdictOf(await started(defer), { token: undefined, address: ADDRESS })
    }),

    contractCase('knows whom it should, and copes with the hub freezing the principal', async (defer) => {
      const auth = await started(defer)
      for (const credentials of harness.accepted ?? []) {
        const first = await verdictOf(auth, credentials)
        assert.equal(typeof first, 'object', 'these credentials should have been accepted')
        deepFreeze(first)
        assert.deepEqual(await verdictOf(auth, credentials), first, 'the same credentials, another answer')
      }
    }),

    contractCase('does not know whom it should not', async (defer) => {
      const auth = await started(defer)
      for (const credentials of harness.refused ?? []) {
        const verdict = await verdictOf(auth, credentials)
        assert.notEqual(typeof verdict, 'object', 'these credentials should not have been accepted')
      }
    }),

    contractCase('answers hostile tokens as it answers wrong ones', async (defer) => {
      const auth = await started(defer)
      for (const token of HOSTILE_TOKENS) await verdictOf(auth, { token, address: ADDRESS })
    }),

    contractCase('answers each of many concurrent calls for itself', async (defer) => {
      const auth = await started(defer)
      const credentials = [
        ...(harness.accepted ?? []),
        ...(harness.refused ?? []),
        { token: undefined, address: ADDRESS },
      ]
      const alone: (Principal | string | undefined)[] = []
      for (const one of credentials) alone.push(await verdictOf(auth, one))
      const rounds = Array.from({ length: 8 }, () => credentials).flat()
      const together = await Promise.all(rounds.map((one) => verdictOf(auth, one)))
      together.forEach((verdict, i) => {
        assert.deepEqual(verdict, alone[i % credentials.length])
      })
    }),

    ...lifecycleContract(harness),
  ]
}

/** A principal, `undefined`, or the code of a refusal; fails when it is none of these. */
async function verdictOf(auth: Auth, credentials: Credentials): Promise<Principal | string | undefined> {
  let principal: Principal | undefined
  try {
    principal = await auth.authenticate(credentials)
  } catch (error) {
    assert.ok(error instanceof SignalError, `a refusal is a SignalError, not ${error}`)
    const { token } = credentials
    if (token && token.length > 3) assert.ok(!error.message.includes(token), 'a refusal repeats the token')
    return error.code
  }
  if (principal === undefined) return undefined
  assert.equal(typeof principal.id, 'string')
  assert.notEqual(principal.id, '', 'a principal has a name')
  assert.ok(readGrants(principal.grants), 'a principal has grants, and nothing else in them')
  if (principal.expiresAt !== undefined) assert.ok(Number.isFinite(principal.expiresAt))
  return principal
}

function deepFreeze(value: unknown): void {
  if (typeof value !== 'object' || value === null) return
  Object.freeze(value)
  Object.values(value).forEach(deepFreeze)
}
