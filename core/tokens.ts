/** What can be injected into a plugin. Each plugin lives in a scope of its own. */

import type { Logger } from 'pino'
import type { BanList } from './access/bans.js'
import type { Clock } from './clock.js'
import type { Balancer } from './contracts/balancer.js'
import type { Bus } from './contracts/bus.js'
import type { HubStats } from './contracts/observer.js'
import type { FrontDoor, Hub } from './contracts/transport.js'
import { token } from './di.js'

/** Where the server listens. */
export interface Listen {
  readonly host: string
  readonly port: number
  /** Whether `host` can be reached from this machine only. */
  readonly loopback: boolean
}

/** The operators' listener: metrics, health. */
export interface AdminDoor {
  /** Serves GET of exactly this path to whoever may (loopback, or the admin token). Throws when it is taken. */
  mount(path: string, handle: () => AdminPage | Promise<AdminPage>): void
}

export interface AdminPage {
  /** HTTP status; absent: 200. */
  readonly status?: number
  readonly contentType: string
  readonly body: string
}

/** Every kind: the plugin's own options, validated, defaulted and frozen. */
export const OPTIONS = token<unknown>('options')
/** Every kind: a logger that names the plugin. */
export const LOGGER = token<Logger>('logger')
/** Every kind. */
export const CLOCK = token<Clock>('clock')
/** Every kind. */
export const LISTEN = token<Listen>('listen')
/** Every kind but bus. */
export const BUS = token<Bus>('bus')
/** Every kind but bus and balancer. */
export const BALANCER = token<Balancer>('balancer')
/** Policies. */
export const BANS = token<BanList>('bans')
/** Policies and observers. */
export const HUB_STATS = token<Readonly<HubStats>>('hub stats')
/** Observers. */
export const ADMIN_DOOR = token<AdminDoor>('admin door')
/** Transports. */
export const FRONT_DOOR = token<FrontDoor>('front door')
/** Transports. */
export const HUB = token<Hub>('hub')
