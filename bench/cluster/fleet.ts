import type { Role } from '../load/pin.js'
import type { Probe } from '../load/probe.js'
import { type Program, type Server, startServer } from '../load/server.js'

export interface FleetPlan {
  /** What runs beside the servers and is no server, like a broker. Starts first. */
  readonly beside?: Program
  /** The servers, given the port of what runs beside them (0: nothing does). They start one after the other. */
  servers(port: number): readonly Program[]
  readonly role?: Role
  /** Of a core, for each worker of the servers; with it, a system where that can't be had rejects with `NoQuota`. */
  readonly workerShare?: number
}

/** Several processes as one server. Rejects in one line when one of them doesn't start; the others are ended then. */
export async function startFleet({ beside, servers, role, workerShare }: FleetPlan): Promise<Server> {
  const started: Server[] = []
  try {
    if (beside !== undefined) started.push(await startServer(beside, role))
    for (const program of servers(started[0]?.ports[0] ?? 0)) started.push(await startServer(program, role))
    if (workerShare !== undefined) for (const server of started) server.limitWorkers?.(workerShare)
  } catch (error) {
    await Promise.all(started.map((one) => one.stop()))
    throw error
  }
  return beside === undefined ? new Fleet(started, undefined) : new Fleet(started.slice(1), started[0])
}

class Fleet implements Server {
  readonly ports: readonly number[]
  readonly #servers: readonly Server[]
  readonly #beside: Server | undefined

  constructor(servers: readonly Server[], beside: Server | undefined) {
    this.#servers = servers
    this.#beside = beside
    this.ports = servers.flatMap(({ ports }) => ports)
  }

  cpuMs(): number {
    return this.#servers.reduce((sum, server) => sum + server.cpuMs(), 0)
  }

  besidesCpuMs(): number {
    return this.#beside?.cpuMs() ?? 0
  }

  /** One clock for all: that of the system. */
  ask(): Promise<Probe | undefined> {
    return Promise.resolve(undefined)
  }

  get ended(): string | undefined {
    return [...this.#servers, ...(this.#beside ? [this.#beside] : [])].find(({ ended }) => ended)?.ended
  }

  async stop(): Promise<void> {
    await Promise.all(this.#servers.map((server) => server.stop()))
    await this.#beside?.stop()
  }
}
