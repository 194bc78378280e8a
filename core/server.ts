/** The composition root: from a configuration to a server that runs, and back. */

import type { Socket } from 'node:net'
import { type Logger, pino } from 'pino'
import { Access } from './access/access.js'
import { Bans } from './access/bans.js'
import { LocalAuthority } from './access/local-authority.js'
import { type Clock, systemClock } from './clock.js'
import { BusCluster } from './cluster/bus-cluster.js'
import { OwnLoad } from './cluster/nodes/own-load.js'
import { Orders } from './cluster/orders/orders.js'
import { CoarseClock } from './coarse-clock.js'
import { configError } from './config/config-error.js'
import { parseConfig } from './config/load.js'
import type { Config } from './config/schema.js'
import type { Bus } from './contracts/bus.js'
import type { HubStats } from './contracts/observer.js'
import { Scope, type Token } from './di.js'
import { createEngine } from './engine/create.js'
import type { Engine } from './engine/engine.js'
import { type Addresses, addressesOf } from './http/addresses.js'
import { AdminListener, adminOptions } from './http/admin.js'
import { HttpFrontDoor } from './http/front-door.js'
import { isLoopback } from './http/loopback.js'
import { mountOperations } from './http/operations.js'
import { mountPages } from './http/pages.js'
import { readinessPage } from './http/readiness.js'
import { SignalHub } from './hub/hub.js'
import { Observers } from './hub/observers.js'
import { Policies } from './hub/policies.js'
import { Stats } from './hub/stats.js'
import { Life } from './life.js'
import { find, make, type Unit } from './loader.js'
import { type Kind, type Kinds, START_ORDER } from './plugin.js'
import { sessionFile } from './resume/configured-file.js'
import { ADMIN_DOOR, BALANCER, BANS, BUS, CLOCK, FRONT_DOOR, HUB, HUB_STATS, LISTEN } from './tokens.js'
import { boundsOf, isSingle } from './workers/bounds.js'

export interface ServerOptions {
  /** Where relative paths in the config start; by default the working folder. */
  readonly directory?: string
  /** By default JSON lines on standard error, at the config's level. */
  readonly logger?: Logger
  readonly clock?: Clock
  /** False: no port is bound for clients; whoever accepts their connections hands them over by `take`. */
  readonly binds?: boolean
}

/**
 * Makes a server; nothing listens yet. `config` is what would stand in the JSON file, `{}` for the defaults.
 * Throws a `ConfigError` that names every problem. For `workers` other than 1, see `createPrimary`.
 */
export async function createServer(config: unknown = {}, options: ServerOptions = {}): Promise<Server> {
  const { directory = process.cwd(), clock = systemClock, binds = true } = options
  const checked = parseConfig(config, directory)
  if (!isSingle(boundsOf(checked.workers)))
    throw configError('workers', 'this server is one process; make one with workers by createPrimary')
  const found = await find(checked.plugins, directory)
  const logger = options.logger ?? pino({ level: checked.log.level }, pino.destination(2))
  return new Server(checked, found, { clock, logger, directory, binds })
}

type Found = Awaited<ReturnType<typeof find>>

/** A server. `start` and `stop` may each be called once. */
export class Server {
  readonly #config: Config
  readonly #clock: Clock
  readonly #logger: Logger
  readonly #directory: string
  readonly #binds: boolean
  readonly #root = new Scope()
  readonly #stats = new Stats()
  readonly #life: Life
  readonly #units: { readonly [K in Kind]: Unit<K>[] } = {
    bus: [],
    balancer: [],
    auth: [],
    policy: [],
    observer: [],
    transport: [],
  }
  readonly #admin: AdminListener | undefined
  readonly #door: HttpFrontDoor
  readonly #bans: Bans
  readonly #policies: Policies
  readonly #engine: Engine
  readonly #hub: SignalHub
  /** The other servers, and what they are told of this one; absent where the bus has nobody else on it. */
  readonly #cluster: BusCluster | undefined
  readonly #ownLoad: OwnLoad | undefined
  readonly #orders: Orders | undefined
  #isDraining = false

  /** Use `createServer`. */
  constructor(config: Config, found: Found, { clock, logger, directory, binds }: Required<ServerOptions>) {
    this.#config = config
    this.#clock = clock
    this.#logger = logger
    this.#directory = directory
    this.#binds = binds
    this.#life = new Life(clock, config.limits.pluginMs)
    this.#admin =
      config.admin === false ? undefined : new AdminListener(adminOptions(config, config.admin), logger)
    let observers: Observers | undefined
    this.#door = new HttpFrontDoor(config, {
      clock,
      logger,
      directory,
      binds,
      refused: ({ code }, address) => {
        this.#stats.refuse(code)
        observers?.tell({ type: 'refused', code, address })
        this.#policies.refused(code, address)
      },
    })
    this.#stats.measureHandshakes = () => this.#door.handshakes
    this.#bans = new Bans(clock, (ban) => {
      logger.warn(ban, 'banned')
      observers?.tell({ type: 'banned', ...ban })
      this.#hub.expel(ban.kind, ban.name)
    })
    this.#make(found.filter(({ plugin }) => plugin.kind !== 'transport'))
    observers = new Observers(
      this.#units.observer.map(({ plugin, instance }) => ({ name: plugin.name, observer: instance })),
      logger,
    )
    this.#engine = createEngine(config.engine)
    this.#policies = new Policies(this.#instances('policy'), {
      engine: this.#engine,
      clock: new CoarseClock(clock),
      logger,
    })
    this.#cluster = this.#bus.solitary ? undefined : this.#makeCluster()
    this.#ownLoad = this.#cluster && new OwnLoad(this.#cluster, clock, () => this.#stats.peers)
    this.#stats.measurePolicyFigures = () => this.#policies.figures
    this.#hub = this.#makeHub(observers)
    this.#make(found.filter(({ plugin }) => plugin.kind === 'transport'))
    if (config.page) mountPages(this.#door)
    const here = new LocalAuthority(this.#hub, this.#bans)
    this.#orders = this.#cluster && new Orders(this.#cluster, here, clock)
    if (this.#admin) mountOperations(this.#admin, this.#orders ?? here)
    this.#admin?.mount('/healthz', () => ({ contentType: 'text/plain', body: 'ok\n' }))
    this.#admin?.mount('/readyz', () => readinessPage(this.#isDraining, this.#bus, this.#cluster))
    this.#admin?.mountAction('/drain', () => {
      void this.drain().then(() => logger.info('drained'))
      return { draining: true }
    })
  }

  /** Where the server logs, for whoever runs it and has something to add. */
  get logger(): Logger {
    return this.#logger
  }

  /** What the hub counts. */
  get stats(): HubStats {
    return this.#stats
  }

  /**
   * Starts everything, in order; the front door opens last. When a step fails, what was started is stopped again
   * in reverse, and the error says which step it was.
   */
  async start(): Promise<Addresses> {
    const life = this.#life
    try {
      for (const kind of START_ORDER) {
        for (const { plugin, instance } of this.#units[kind])
          await life.start(`${kind}/${plugin.name}`, instance)
        if (kind === 'bus' && this.#cluster) await life.start('cluster', this.#cluster)
      }
      await life.start('hub', this.#hub)
      if (this.#ownLoad) await life.start('own load', this.#ownLoad)
      if (this.#orders) await life.start('orders', this.#orders)
      if (this.#admin) await life.start('admin listener', this.#admin)
      await life.start('front door', this.#door)
    } catch (error) {
      await life
        .stop()
        .catch((also) => this.#logger.error({ err: also }, 'stopping what had started failed too'))
      throw error
    }
    const addresses = this.#addresses()
    const { url, adminUrl } = addresses
    if (this.#binds) this.#logger.info({ url, adminUrl, engine: this.#config.engine }, 'listening')
    return addresses
  }

  /** Takes a client's connection with the bytes that were read from it, at once when it comes: see `binds`. */
  take(socket: Socket, head: Buffer): void {
    this.#door.take(socket, head)
  }

  /**
   * Lets nobody in any more, and tells the clients to go, one after the other: see `limits.drainMs`. Readiness says 503
   * from now on. A second call waits for the same end.
   */
  async drain(): Promise<void> {
    this.#isDraining = true
    this.#ownLoad?.drain()
    await this.#hub.drain()
  }

  /** Drains, then stops in exact reverse: plugins last. */
  async stop(): Promise<void> {
    await this.drain()
    await this.#life.stop()
    this.#logger.info('stopped')
  }

  #make(found: Found): void {
    for (const one of found) {
      const { kind } = one.plugin
      const unit = make(one, this.#root, this.#logger, (scope) => this.#offer(kind, scope))
      ;(this.#units[kind] as Unit[]).push(unit)
    }
  }

  /** Binds what a plugin of this kind may use. */
  #offer(kind: Kind, scope: Scope): void {
    const { host, port } = this.#config.listen
    scope.set(CLOCK, this.#clock)
    scope.set(LISTEN, { host, port, loopback: isLoopback(host) })
    const offers: readonly [Token<unknown>, unknown, readonly Kind[]][] = [
      [BUS, this.#units.bus[0]?.instance, ['balancer', 'auth', 'policy', 'observer', 'transport']],
      [BALANCER, this.#units.balancer[0]?.instance, ['auth', 'policy', 'observer', 'transport']],
      [BANS, this.#bans, ['policy']],
      [HUB_STATS, this.#stats, ['policy', 'observer']],
      [ADMIN_DOOR, this.#admin ?? NO_ADMIN, ['observer']],
      [FRONT_DOOR, this.#door, ['transport']],
      [HUB, this.#hub, ['transport']],
    ]
    for (const [token, value, kinds] of offers) if (kinds.includes(kind)) scope.set(token, value)
  }

  #instances<K extends Kind>(kind: K): Kinds[K][] {
    return this.#units[kind].map(({ instance }) => instance as Kinds[K])
  }

  #makeCluster(): BusCluster {
    const { cluster, limits } = this.#config
    return new BusCluster({
      bus: this.#bus,
      options: cluster,
      patienceMs: Math.max(limits.resumeMs, cluster.deadMs),
      clock: this.#clock,
      logger: this.#logger,
      stats: this.#stats,
    })
  }

  #makeHub(observers: Observers): SignalHub {
    const { limits, rooms } = this.#config
    const clock = this.#clock
    const logger = this.#logger
    const access = new Access(this.#instances('auth'), this.#instances('policy'), {
      clock,
      limitMs: limits.handshakeMs,
      logger,
    })
    return new SignalHub({
      engine: this.#engine,
      access,
      policies: this.#policies,
      bans: this.#bans,
      observers,
      stats: this.#stats,
      clock,
      logger,
      limits,
      rooms,
      file: sessionFile(this.#config, this.#directory, logger),
      cluster: this.#cluster,
      balancer: this.#units.balancer[0]!.instance,
    })
  }

  get #bus(): Bus {
    return this.#units.bus[0]!.instance
  }

  #addresses(): Addresses {
    const { listen, page } = this.#config
    const admin = this.#admin
    return addressesOf({
      secure: listen.tls !== undefined,
      host: listen.host,
      port: this.#door.port,
      admin,
      hasPage: page,
      clientPaths: this.#door.upgradePaths,
      operatorPaths: admin?.operatorPaths ?? [],
    })
  }
}

/** Stands in for the admin listener when the config says `"admin": false`: observers mount, nobody asks. */
const NO_ADMIN = { mount() {} }
