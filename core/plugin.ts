/** What a plugin is: a kind, a name, a schema of its options, and a class that implements the kind's contract. */

import type { Static, TSchema } from 'typebox'
import type { Auth } from './contracts/auth.js'
import type { Balancer } from './contracts/balancer.js'
import type { Bus } from './contracts/bus.js'
import type { Observer } from './contracts/observer.js'
import type { Policy } from './contracts/policy.js'
import type { Transport } from './contracts/transport.js'
import type { Injectable } from './di.js'

/** The six kinds and the contract that each must keep. */
export interface Kinds {
  bus: Bus
  balancer: Balancer
  auth: Auth
  policy: Policy
  observer: Observer
  transport: Transport
}

export type Kind = keyof Kinds

/** Start order. Stopping is its exact reverse: transports let their clients go first, the bus closes last. */
export const START_ORDER = [
  'bus',
  'balancer',
  'auth',
  'policy',
  'observer',
  'transport',
] as const satisfies readonly Kind[]

/** How many plugins of a kind a server has. */
export const CARDINALITY: Readonly<Record<Kind, 'one' | 'many'>> = {
  bus: 'one',
  balancer: 'one',
  auth: 'many',
  policy: 'many',
  observer: 'many',
  transport: 'many',
}

/** Optional on every plugin. Each step has a time-out, and an error of it names the plugin. */
export interface Lifecycle {
  /** Acquires what the plugin needs. When it fails, `stop` is called all the same, on whatever half-started. */
  start?(): void | Promise<void>
  /** Releases everything. Must cope with a `start` that failed or never ran. */
  stop?(): void | Promise<void>
}

export interface Plugin<K extends Kind = Kind> {
  readonly kind: K
  readonly name: string
  /** One sentence for `signalbox plugins` and the reference. */
  readonly description: string
  /** TypeBox schema of the options; unknown keys are refused, defaults filled in. */
  readonly options: TSchema
  readonly useClass: Injectable<Kinds[K] & Lifecycle>
}

/** The type of a plugin's options, after validation. */
export type OptionsOf<S extends TSchema> = Static<S>

/** Describes a plugin; a plugin module exports the result as `default`. */
export function definePlugin<K extends Kind, S extends TSchema>(plugin: {
  kind: K
  name: string
  description: string
  options: S
  useClass: Injectable<Kinds[K] & Lifecycle>
}): Plugin<K> {
  return Object.freeze({ ...plugin })
}
