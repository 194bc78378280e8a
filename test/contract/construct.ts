import { type Logger, pino } from 'pino'
import type { BanList } from '../../core/access/bans.js'
import type { Clock } from '../../core/clock.js'
import { validate } from '../../core/config/validate.js'
import type { Balancer } from '../../core/contracts/balancer.js'
import type { Bus } from '../../core/contracts/bus.js'
import type { HubStats } from '../../core/contracts/observer.js'
import type { FrontDoor, Hub } from '../../core/contracts/transport.js'
import { Scope } from '../../core/di.js'
import type { Kind, Kinds, Lifecycle, Plugin } from '../../core/plugin.js'
import {
  ADMIN_DOOR,
  type AdminDoor,
  BALANCER,
  BANS,
  BUS,
  CLOCK,
  FRONT_DOOR,
  HUB,
  HUB_STATS,
  LISTEN,
  type Listen,
  LOGGER,
  OPTIONS,
} from '../../core/tokens.js'
import { FakeClock } from './fake-clock.js'
import { FakeAdminDoor, FakeFrontDoor } from './fake-doors.js'
import { FakeHub } from './fake-hub.js'

/** What a plugin may be given. What is left out is a fake that does nothing surprising. */
export interface Bindings {
  readonly logger: Logger
  readonly clock: Clock
  readonly listen: Listen
  readonly bus: Bus
  readonly balancer: Balancer
  readonly bans: BanList
  readonly hubStats: Readonly<HubStats>
  readonly adminDoor: AdminDoor
  readonly frontDoor: FrontDoor
  readonly hub: Hub
}

/**
 * Makes an instance as the server would, not yet started: the options validated, and exactly what the kind may have
 * injected in reach. Throws a `ConfigError` for options that the schema refuses.
 */
export function construct<K extends Kind>(
  plugin: Plugin<K>,
  options: unknown = {},
  bindings: Partial<Bindings> = {},
): Kinds[K] & Lifecycle {
  const { kind } = plugin
  const scope = new Scope()
  scope.set(OPTIONS, validate(plugin.options, options, 'options'))
  scope.set(LOGGER, bindings.logger ?? pino({ level: 'silent' }))
  scope.set(CLOCK, bindings.clock ?? new FakeClock())
  scope.set(LISTEN, bindings.listen ?? { host: '127.0.0.1', port: 8080, loopback: true })
  if (kind !== 'bus') scope.set(BUS, bindings.bus ?? lonelyBus)
  if (kind !== 'bus' && kind !== 'balancer') scope.set(BALANCER, bindings.balancer ?? firstCandidate)
  if (kind === 'policy') scope.set(BANS, bindings.bans ?? lenientBans)
  if (kind === 'policy' || kind === 'observer') scope.set(HUB_STATS, bindings.hubStats ?? quietHub)
  if (kind === 'observer') {
    scope.set(ADMIN_DOOR, bindings.adminDoor ?? new FakeAdminDoor())
  }
  if (kind === 'transport') {
    scope.set(FRONT_DOOR, bindings.frontDoor ?? new FakeFrontDoor())
    scope.set(HUB, bindings.hub ?? new FakeHub())
  }
  return scope.make(plugin.useClass)
}

const lonelyBus: Bus = {
  state: 'up',
  subscribe: async () => {},
  unsubscribe: async () => {},
  publish: async () => {},
}

const firstCandidate: Balancer = { pick: (_key, candidates) => candidates[0] }

const lenientBans: BanList = { ban() {}, leftMs: () => 0, lift() {} }

const quietHub: HubStats = {
  peers: 0,
  detached: 0,
  detachedBytes: 0,
  rooms: 0,
  memberships: 0,
  queuedBytes: 0,
  logBytes: 0,
  waitingBytes: 0,
  handshakes: 0,
  nodes: 0,
  links: 0,
  unconfirmedBytes: 0,
  connections: 0,
  resumes: 0,
  replayed: 0,
  messages: {},
  refused: {},
  deliveries: 0,
  bytesIn: 0,
  bytesOut: 0,
  writes: 0,
  reads: 0,
  engineRebuilds: 0,
  resentBatches: 0,
  linksLost: 0,
  moves: 0,
  busDropped: {},
  policyFigures: {},
}
