import assert from 'node:assert/strict'
import type { HubEvent, Observer } from '../../core/contracts/observer.js'
import { ERRORS, type ErrorCode } from '../../core/errors.js'
import type { Lifecycle } from '../../core/plugin.js'
import { type ContractCase, contractCase } from './contract-case.js'
import { lifecycleContract } from './lifecycle.js'

export interface ObserverHarness {
  /** A new instance, not started. */
  make(): Observer & Lifecycle
}

/** Observing this many events may take `BUDGET_MS`: 100 µs each, on a slow machine. */
const EVENTS = 10_000
const BUDGET_MS = 1000

const who = { peer: 'AAAAAAAAAAAAAAAA', principal: 'alice' }
const address = '192.0.2.7'

const EVENTS_OF_EACH_KIND: readonly HubEvent[] = [
  { type: 'connected', ...who, address },
  { type: 'joined', ...who, room: 'room' },
  { type: 'joined', ...who, principal: '', room: '"\\\n\0 ключ🔑'.padEnd(128, '{') },
  { type: 'stats', peer: who.peer, room: 'room', data: '{"rtt":12}' },
  { type: 'stats', peer: who.peer, room: 'room', data: '[[[' },
  { type: 'stats', peer: who.peer, room: '__proto__', data: '"'.repeat(65_000) },
  ...(Object.keys(ERRORS) as ErrorCode[]).flatMap((code): HubEvent[] => [
    { type: 'refused', code, address },
    { type: 'refused', code, address, peer: who.peer },
  ]),
  { type: 'banned', kind: 'address', name: '192.0.2.7', forMs: 60_000, why: 'a test' },
  { type: 'left', ...who, room: 'room' },
  ...[1000, 1005, 1006, 4000, 4999].map((code): HubEvent => ({ type: 'disconnected', ...who, code })),
]
EVENTS_OF_EACH_KIND.forEach(Object.freeze)

/** The contract of observers: core/contracts/observer.ts. */
export function observerContract(harness: ObserverHarness): ContractCase[] {
  return [
    contractCase('copes with every event, before start and after stop too', async (defer) => {
      const observer = harness.make()
      defer(() => observer.stop?.())
      for (const event of EVENTS_OF_EACH_KIND) observer.observe?.(event)
      await observer.start?.()
      for (const event of EVENTS_OF_EACH_KIND) observer.observe?.(event)
      await observer.stop?.()
      for (const event of EVENTS_OF_EACH_KIND) observer.observe?.(event)
    }),

    contractCase('is quick', async (defer) => {
      const observer = harness.make()
      defer(() => observer.stop?.())
      await observer.start?.()
      const startedAt = performance.now()
      for (let i = 0; i < EVENTS; i++) observer.observe?.(EVENTS_OF_EACH_KIND[i % 4]!)
      const tookMs = performance.now() - startedAt
      assert.ok(tookMs < BUDGET_MS, `${EVENTS} events took ${tookMs.toFixed(0)} ms`)
    }),

    ...lifecycleContract(harness),
  ]
}
