/** A hub that is one node of several in one process, and clients without sockets. */

import { Access } from '../../../core/access/access.js'
import { Bans } from '../../../core/access/bans.js'
import type { Cluster } from '../../../core/cluster/cluster.js'
import { CoarseClock } from '../../../core/coarse-clock.js'
import { parseConfig } from '../../../core/config/load.js'
import type { Grants, Principal } from '../../../core/contracts/auth.js'
import type { Policy } from '../../../core/contracts/policy.js'
import type { Peer } from '../../../core/contracts/transport.js'
import { createEngine } from '../../../core/engine/create.js'
import type { EngineName } from '../../../core/engine/engine.js'
import { SignalHub } from '../../../core/hub/hub.js'
import { Observers } from '../../../core/hub/observers.js'
import { Policies } from '../../../core/hub/policies.js'
import { Stats } from '../../../core/hub/stats.js'
import type { SessionFile } from '../../../core/resume/session-file.js'
import { capturedLogger } from '../../captured-logger.js'
import { FakeClock } from '../../contract/fake-clock.js'
import { FakeConnection } from '../../contract/fake-connection.js'
import type { Received } from '../../live-server.js'

export interface NodeOptions {
  readonly limits?: object
  readonly rooms?: readonly object[]
  readonly policies?: readonly Policy[]
  readonly file?: SessionFile
}

/** Who a client of a test is: `grants` as its token would say. */
export interface Who {
  readonly name?: string
  readonly grants?: Grants
}

export class TestNode {
  readonly hub: SignalHub
  readonly stats = new Stats()
  readonly clock = new FakeClock()

  constructor(engineName: EngineName, cluster: Cluster | undefined, options: NodeOptions = {}) {
    const config = parseConfig({ limits: options.limits ?? {}, rooms: options.rooms ?? [] }, '.')
    const { clock, stats } = this
    const { logger } = capturedLogger()
    const { limits, rooms } = config
    const engine = createEngine(engineName)
    const policies = options.policies ?? []
    const authenticate = ({ token }: { token: string | undefined }) => JSON.parse(token!) as Principal
    this.hub = new SignalHub({
      engine,
      access: new Access([{ authenticate }], policies, { clock, limitMs: limits.handshakeMs, logger }),
      policies: new Policies(policies, { engine, clock: new CoarseClock(clock), logger }),
      bans: new Bans(clock, () => {}),
      observers: new Observers([], logger),
      stats,
      clock,
      logger,
      limits,
      rooms,
      file: options.file,
      cluster,
    })
    this.hub.start()
  }

  async client(who: Who = {}): Promise<TestClient> {
    const client = new TestClient(this.hub, who)
    await client.connect()
    return client
  }
}

/** A client that keeps all it is sent. */
export class TestClient {
  /** Where it connects next. */
  hub: SignalHub
  readonly #who: Who
  connection = new FakeConnection()
  #peer: Peer | undefined
  #ticket = ''
  #lastId = 0
  /** What it has asked for, by id, where a test notes it. */
  readonly asked = new Map<number, string>()
  /** What former sockets brought. */
  readonly #before: Received[] = []
  id = ''

  constructor(hub: SignalHub, who: Who) {
    this.hub = hub
    this.#who = who
  }

  /** Comes in, or back: with `resume` it goes on with its session. */
  async connect(resume = false): Promise<void> {
    const { name = 'somebody', grants = {} } = this.#who
    const token = JSON.stringify({ id: name, grants, shared: this.#who.name === undefined })
    const request = { token, address: '127.0.0.1' }
    const session = { ticket: this.#ticket, seen: this.counted.length }
    const admission = await this.hub.admit(resume ? { ...request, resume: session } : request)
    this.#before.push(...this.#received)
    this.connection = new FakeConnection()
    this.#peer = admission.attach(this.connection)
    const welcome = this.#received.find(({ type }) => type === 'welcome')!
    this.id = welcome.peer
    this.#ticket = welcome.session.ticket
  }

  /** Loses its socket. */
  cut(): void {
    this.#peer!.gone(1006)
  }

  leave(): void {
    this.#peer!.gone(1000)
  }

  send(message: object): void {
    this.#peer!.receive(Buffer.from(JSON.stringify(message)))
  }

  /** Sends it with the next id, which is returned. */
  request(message: object): number {
    this.send({ ...message, id: ++this.#lastId })
    return this.#lastId
  }

  get #received(): Received[] {
    return this.connection.messages as Received[]
  }

  /** Everything it was ever sent. */
  get inbox(): Received[] {
    return [...this.#before, ...this.#received]
  }

  get counted(): Received[] {
    return this.inbox.filter((message) => 'room' in message)
  }

  of(...types: string[]): Received[] {
    return this.inbox.filter(({ type }) => types.includes(type))
  }

  /** The highest id that was acknowledged. */
  get acked(): number {
    return this.of('ack').at(-1)?.id ?? 0
  }

  /** The others in a room, as this client has been told: ids, in order. */
  others(room: string): string[] {
    const there = new Set<string>()
    for (const message of this.counted.filter((one) => one.room === room)) {
      const { type, peer } = message
      if (type === 'joined') {
        there.clear()
        for (const { id } of message.peers) there.add(id)
      } else if (type === 'peer-joined') {
        if (there.has(peer.id)) throw new Error(`${peer.id} has joined ${room} twice`)
        there.add(peer.id)
      } else if (type === 'peer-left' && !there.delete(peer.id)) {
        throw new Error(`${peer.id} has left ${room} and wasn't there`)
      } else if (type === 'kicked') {
        there.clear()
      }
    }
    return [...there].sort()
  }

  /** Whether it was told to be polite to another peer; undefined: it knows nothing of it. */
  politeTo(id: string): boolean | undefined {
    const told = this.counted.flatMap(({ type, peers, peer }) => {
      if (type === 'joined') return peers as { id: string; polite: boolean }[]
      return type === 'peer-joined' ? [peer as { id: string; polite: boolean }] : []
    })
    return told.findLast((one) => one.id === id)?.polite
  }

  /** What others have said here, as `type data`, and who. */
  heard(from?: string): string[] {
    return this.of('publish', 'offer', 'answer', 'candidate', 'signal')
      .filter((message) => from === undefined || message.from === from)
      .map(({ type, data }) => `${type} ${data}`)
  }
}
