/** Several processes as one server: what `workers` in the config asks for. */

import { randomBytes } from 'node:crypto'
import { hostname } from 'node:os'
import { type Logger, pino } from 'pino'
import { type Clock, systemClock } from '../clock.js'
import { parseConfig } from '../config/load.js'
import type { Config } from '../config/schema.js'
import { Scope } from '../di.js'
import { type Addresses, addressesOf } from '../http/addresses.js'
import { AdminListener, adminOptions } from '../http/admin.js'
import { isLoopback } from '../http/loopback.js'
import { Life } from '../life.js'
import { type Found, find, make, type Unit } from '../loader.js'
import { CLOCK, LISTEN } from '../tokens.js'
import { Autoscale } from './autoscale.js'
import { type Bounds, boundsOf } from './bounds.js'
import { Entrance } from './entrance.js'
import { Exchange } from './exchange.js'
import { EXCHANGE_VARIABLE } from './exchange-frames.js'
import { mountOperations, type Reachable } from './operations.js'
import { Placement } from './placement.js'
import { Pool, type Ready } from './pool.js'
import { primaryMetrics } from './primary-metrics.js'
import { workerConfig } from './worker-config.js'
import { BUS_FD, type WorkerProcess } from './worker-process.js'

/** A node's name has 63 characters at the most, and what is added to this one needs its room. */
const LONGEST_NAME = 63 - '/w255'.length
/** What sessions may take, past the drain, to move to other workers, milliseconds. */
const MOVE_MS = 5000
/** How many plugins may stop as late as they are allowed to before a worker is killed. */
const LATE_PLUGINS = 2

export interface PrimaryOptions {
  /** Where relative paths in the config start; by default the working folder. */
  readonly directory?: string
  /** The primary's own; workers write JSON lines to standard error, at the config's level. */
  readonly logger?: Logger
  readonly clock?: Clock
}

/**
 * Makes a server of as many processes as `workers` in the config says, 1 included; nothing runs yet. Throws a
 * `ConfigError` that names every problem that shows without making the plugins; the others come from `start`.
 */
export async function createPrimary(config: unknown, options: PrimaryOptions = {}): Promise<Primary> {
  const { directory = process.cwd(), clock = systemClock } = options
  const checked = parseConfig(config, directory)
  const bounds = boundsOf(checked.workers)
  const found = await find(checked.plugins, directory)
  const logger = options.logger ?? pino({ level: checked.log.level }, pino.destination(2))
  const balancer = found.find((one): one is Found<'balancer'> => one.plugin.kind === 'balancer')!
  const autoscale = new Autoscale(bounds)
  return new Primary(config, checked, { bounds, balancer, autoscale, directory, logger, clock })
}

interface Parts extends Required<PrimaryOptions> {
  readonly bounds: Bounds
  readonly balancer: Found<'balancer'>
  readonly autoscale: Pick<Autoscale, 'decide'>
}

/** A server with workers. `start` and `stop` may each be called once. */
export class Primary {
  readonly #config: Config
  readonly #logger: Logger
  readonly #life: Life
  readonly #balancer: Unit<'balancer'>
  readonly #exchange: Exchange
  readonly #pool: Pool
  readonly #placement: Placement
  readonly #entrance: Entrance
  readonly #admin: AdminListener | undefined
  /** What the workers' admin listeners ask for. */
  readonly #token = randomBytes(32).toString('base64url')

  /** Use `createPrimary`. `written`: the config as it was given. */
  constructor(
    written: unknown,
    config: Config,
    { bounds, balancer, autoscale, directory, logger, clock }: Parts,
  ) {
    const { listen, limits, admin } = config
    this.#config = config
    this.#logger = logger
    this.#life = new Life(clock, limits.pluginMs)
    this.#balancer = make(balancer, new Scope(), logger, (scope) => {
      scope.set(CLOCK, clock)
      scope.set(LISTEN, { host: listen.host, port: listen.port, loopback: isLoopback(listen.host) })
    })
    this.#exchange = new Exchange(logger)
    this.#placement = new Placement(this.#balancer.instance, clock)
    const own = config.cluster.name ?? `${hostname()}-${randomBytes(2).toString('hex')}`
    const name = own.slice(0, LONGEST_NAME)
    this.#pool = new Pool({
      bounds,
      autoscale,
      clock,
      logger,
      stopMs: limits.drainMs + MOVE_MS + LATE_PLUGINS * limits.pluginMs,
      options: (id) => ({
        order: {
          type: 'serve',
          name: id,
          config: workerConfig(written, config, { id, name, token: this.#token }),
          directory,
        },
        env: { [EXCHANGE_VARIABLE]: String(BUS_FD) },
      }),
      began: ({ id, pipe }) => this.#exchange.add(id, pipe),
      changed: () => this.#placement.serve(this.#pool.serving),
      returned: (arrivals) => {
        for (const arrival of arrivals) this.#placement.place(arrival)
      },
    })
    this.#entrance = new Entrance({
      host: listen.host,
      port: listen.port,
      secure: listen.tls !== undefined,
      limit: limits.handshakes,
      limitMs: limits.handshakeMs,
      clock,
      arrived: (arrival) => this.#placement.place(arrival),
    })
    this.#admin = admin === false ? undefined : new AdminListener(adminOptions(config, admin), logger)
  }

  /** Where the server logs, for whoever runs it and has something to add. */
  get logger(): Logger {
    return this.#logger
  }

  /**
   * Starts the workers, and lets clients in when all of them serve. When a step fails, everything is stopped again, and
   * the error says which step it was; what is wrong with the config comes as a `ConfigError`, from whichever process.
   */
  async start(): Promise<Addresses> {
    const life = this.#life
    try {
      await life.start(`balancer/${this.#balancer.plugin.name}`, this.#balancer.instance)
      const ready = await this.#pool.start()
      if (this.#admin) {
        this.#mountOperations(this.#admin, ready)
        await life.start('admin listener', this.#admin)
      }
      await life.start('front door', this.#entrance)
      const addresses = this.#addresses(ready)
      const { url, adminUrl } = addresses
      this.#logger.info({ url, adminUrl, workers: this.#pool.serving.length }, 'listening')
      return addresses
    } catch (error) {
      await this.stop().catch((also) =>
        this.#logger.error({ err: also }, 'stopping what had started failed too'),
      )
      throw error
    }
  }

  /** Sends the clients of all workers away, as one server does; the workers stay. */
  drain(): void {
    this.#pool.drain()
  }

  /** Drains and ends all workers, then stops the rest. Those who come meanwhile are told by the workers. */
  async stop(): Promise<void> {
    await this.#pool.stop()
    this.#exchange.stop()
    await this.#life.stop()
    this.#logger.info('stopped')
  }

  #mountOperations(admin: AdminListener, { operatorPaths }: Ready): void {
    const parts = {
      pool: this.#pool,
      placement: this.#placement,
      entrance: this.#entrance,
      exchange: this.#exchange,
    }
    const everybody = {
      workers: () => this.#workers(),
      drain: () => this.#pool.drain(),
      metrics: () => primaryMetrics(parts),
    }
    mountOperations(admin, everybody, operatorPaths)
  }

  /** Those who should be there: a place that was given up when the work went isn't missed. */
  #workers(): Reachable[] {
    const serving: ReadonlySet<WorkerProcess> = new Set(this.#pool.serving)
    return this.#pool.places.flatMap(({ id, worker, isGivenUp }) => {
      if (isGivenUp) return []
      const adminUrl = worker && serving.has(worker) ? this.#pool.readyOf(worker)?.adminUrl : undefined
      return [{ id, asked: adminUrl === undefined ? undefined : { adminUrl, token: this.#token } }]
    })
  }

  #addresses({ clientPaths, operatorPaths }: Ready): Addresses {
    const { listen, page } = this.#config
    return addressesOf({
      secure: listen.tls !== undefined,
      host: listen.host,
      port: this.#entrance.port,
      admin: this.#admin,
      hasPage: page,
      clientPaths,
      operatorPaths,
    })
  }
}
