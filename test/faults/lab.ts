import type { EngineName } from '../../core/engine/engine.js'
import { Dice } from '../dice.js'
import type { BusName } from './cluster.js'
import { LabClient } from './lab-client.js'
import { FaultProxy } from './proxy.js'
import { ServerProcess } from './server-process.js'
import type { Place } from './wire.js'

/** How much a run does. */
export interface Scale {
  readonly clients: number
  /** Faults a client. */
  readonly faults: number
  readonly seeds: number
  /** Clients of the storm and of the drain. */
  readonly crowd: { readonly storm: number; readonly drain: number }
  /** Connections of the leak check: in memory, and over sockets. */
  readonly churn: { readonly memory: number; readonly sockets: number }
  /** Every so many of the hostile sequences; 1: all. */
  readonly hostileStep: number
  /** Time over which a drain is spread, milliseconds. */
  readonly drainMs: number
  /** How long a server that is alone stands still, milliseconds. */
  readonly standstillMs: readonly number[]
  readonly cluster: ClusterScale
}

/** How much the experiments with several processes do, and how long they wait. */
export interface ClusterScale {
  readonly nodes: number
  readonly clients: number
  readonly seeds: number
  /** How long what was killed stays away, milliseconds. */
  readonly awayMs: number
  /** How long a process stands still: shorter than others take it for dead, and much longer; milliseconds. */
  readonly stopsMs: readonly number[]
  readonly partitionMs: number
  readonly restarts: number
  /** How often each client's connection breaks. */
  readonly breaks: number
  /** How long the bus is down, slow, half open or flapping, milliseconds. */
  readonly weatherMs: number
  /** Whether what takes too long is a failure; not where the machine has better things to do. */
  readonly timed: boolean
}

/** What the figures in docs/reference/reliability.md come from. */
export const FULL: Scale = {
  clients: 200,
  faults: 50,
  seeds: 20,
  crowd: { storm: 2000, drain: 5000 },
  churn: { memory: 1_000_000, sockets: 20_000 },
  hostileStep: 1,
  drainMs: 10_000,
  standstillMs: [1500, 4500],
  cluster: {
    nodes: 3,
    clients: 60,
    seeds: 1,
    awayMs: 10_000,
    stopsMs: [3000, 60_000],
    partitionMs: 20_000,
    restarts: 10,
    breaks: 20,
    weatherMs: 15_000,
    timed: true,
  },
}

/** A first impression in a minute or two. */
export const QUICK: Scale = {
  clients: 50,
  faults: 10,
  seeds: 1,
  crowd: { storm: 300, drain: 500 },
  churn: { memory: 50_000, sockets: 2000 },
  hostileStep: 3,
  drainMs: 2000,
  standstillMs: [1500, 4500],
  cluster: {
    nodes: 3,
    clients: 24,
    seeds: 1,
    awayMs: 3000,
    stopsMs: [2000, 12_000],
    partitionMs: 10_000,
    restarts: 3,
    breaks: 5,
    weatherMs: 8000,
    timed: true,
  },
}

/** What an experiment has found. */
export interface Finding {
  /** Why it could not be carried out here, for want of something; then nothing else is said. */
  readonly skipped?: string
  /** What to print: names and figures. */
  readonly figures: Readonly<Record<string, string | number>>
  /** What was promised and not kept; empty: all is well. */
  readonly failures: readonly string[]
}

/** An experiment on one engine, and one bus. It throws only when it can't be carried out. */
export interface Experiment {
  readonly name: string
  readonly about: string
  /** Those it is carried out with, one after the other; undefined: with a single server. */
  readonly buses?: readonly BusName[]
  /** About how long it takes on two cores, seconds. */
  seconds(scale: Scale): number
  run(lab: Lab): Promise<Finding>
}

export type Note = (text: string, share: number) => void

export interface LabOptions {
  readonly bus?: BusName | undefined
  readonly keep?: string | undefined
  readonly note?: Note
}

/** What an experiment works with; everything made here is gone after `clear`. */
export class Lab {
  readonly engine: EngineName
  readonly seed: number
  readonly dice: Dice
  readonly scale: Scale
  /** For experiments with several processes. */
  readonly bus: BusName
  /** A file for what the clients saw when a promise was broken. */
  readonly keep: string | undefined
  readonly #note: Note
  readonly #cleanUps: (() => unknown)[] = []

  constructor(
    engine: EngineName,
    seed: number,
    scale: Scale,
    { bus = 'ipc', keep, note = () => {} }: LabOptions = {},
  ) {
    this.engine = engine
    this.seed = seed
    this.dice = new Dice(seed)
    this.scale = scale
    this.bus = bus
    this.keep = keep
    this.#note = note
  }

  /** The same with another seed; whatever is made with it is gone when this lab is cleared, at the latest. */
  reseeded(seed: number): Lab {
    const lab = new Lab(this.engine, seed, this.scale, { bus: this.bus, keep: this.keep, note: this.#note })
    this.defer(() => lab.clear())
    return lab
  }

  /** Tells whoever watches what happens, and what share of the experiment is over. */
  note(text: string, share = 0): void {
    this.#note(text, share)
  }

  defer(cleanUp: () => unknown): void {
    this.#cleanUps.push(cleanUp)
  }

  async server(config: Record<string, unknown> = {}, prefix: readonly string[] = []): Promise<ServerProcess> {
    const server = await ServerProcess.start(this.engine, config, prefix)
    this.defer(() => server.kill())
    return server
  }

  async proxy(port: number): Promise<FaultProxy> {
    const proxy = await FaultProxy.listen(port)
    this.defer(() => proxy.close())
    return proxy
  }

  /** A client with dice of its own; not started yet. */
  client(name: string, place: () => Place): LabClient {
    const client = new LabClient(name, place, new Dice(this.dice.roll(2 ** 31)))
    this.defer(() => client.stop())
    return client
  }

  /** Undoes everything, the last first. */
  async clear(): Promise<void> {
    for (let cleanUp = this.#cleanUps.pop(); cleanUp; cleanUp = this.#cleanUps.pop()) await cleanUp()
  }
}
