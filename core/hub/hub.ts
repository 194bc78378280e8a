/** The hub: lets clients in, and hands their messages on. It owns everything between transports and sockets. */

import { randomInt } from 'node:crypto'
import type { Logger } from 'pino'
import type { Access } from '../access/access.js'
import type { BanKind, BanList } from '../access/bans.js'
import { Renewal } from '../access/renewal.js'
import type { Clock } from '../clock.js'
import type { Cluster } from '../cluster/cluster.js'
import { Handover } from '../cluster/handover/handover.js'
import { Stamps } from '../cluster/presence/stamps.js'
import { Surroundings } from '../cluster/surroundings.js'
import type { Limits } from '../config/schema.js'
import type { Balancer } from '../contracts/balancer.js'
import type { Admission, ConnectRequest, Hub } from '../contracts/transport.js'
import { Egress } from '../egress/egress.js'
import { CAPACITY, type Engine } from '../engine/engine.js'
import type { FrameReader } from '../engine/frame-reader.js'
import { ERRORS, SignalError } from '../errors.js'
import { addressKey } from '../http/networks.js'
import type { Kicker, Target } from '../http/operations.js'
import { NumberPool } from '../number-pool.js'
import { encodePeerId, PEER_ID_LIMITS } from '../peer-id.js'
import type { IceServer } from '../protocol.js'
import { Keeping } from '../resume/keeping.js'
import { Returning } from '../resume/returning.js'
import type { SessionFile } from '../resume/session-file.js'
import { Transit } from '../resume/transit.js'
import { Doors } from '../rooms/doors.js'
import { EarlyJoins } from '../rooms/early-joins.js'
import { Moderation } from '../rooms/moderation.js'
import { type RoomEntry, RoomRules } from '../rooms/room-rules.js'
import { RoomTable } from '../rooms/room-table.js'
import { Rooms } from '../rooms/rooms.js'
import { type Admitted, Arrivals } from '../sessions/arrivals.js'
import { Attachment } from '../sessions/attachment.js'
import { Liveness } from '../sessions/liveness.js'
import type { Session } from '../sessions/session.js'
import { SessionTable } from '../sessions/session-table.js'
import { Sessions } from '../sessions/sessions.js'
import { Dispatch } from './dispatch.js'
import { Drain } from './drain.js'
import { Fanout } from './fanout.js'
import type { Observers } from './observers.js'
import type { Policies } from './policies.js'
import { Relay } from './relay.js'
import { Requests } from './requests.js'
import type { Stats } from './stats.js'

export interface HubParts {
  readonly engine: Engine
  readonly access: Access
  readonly policies: Policies
  readonly bans: BanList
  readonly observers: Observers
  readonly stats: Stats
  readonly clock: Clock
  readonly logger: Logger
  readonly limits: Limits
  /** The rules of rooms, in the order of the config. */
  readonly rooms: readonly RoomEntry[]
  /** Where sessions wait between two processes. */
  readonly file: SessionFile | undefined
  /** The other nodes; absent where this server is alone. */
  readonly cluster?: Cluster | undefined
  /** Picks the node that a client is sent to when this one stops. */
  readonly balancer?: Balancer | undefined
}

export class SignalHub implements Hub, Kicker {
  /** The engine's, when it has one. */
  declare readonly frames?: FrameReader
  readonly #access: Access
  readonly #policies: Policies
  readonly #bans: BanList
  readonly #observers: Observers
  readonly #stats: Stats
  readonly #limits: Limits
  readonly #slots = new NumberPool(CAPACITY.peers)
  readonly #sessions: Sessions
  readonly #returning: Returning
  readonly #arrivals: Arrivals
  readonly #dispatch: Dispatch
  readonly #egress: Egress
  readonly #earlyJoins: EarlyJoins
  readonly #liveness: Liveness
  readonly #drain: Drain
  readonly #keeping: Keeping | undefined
  readonly #around: Surroundings | undefined
  readonly #handover: Handover | undefined
  /** This node's number in the peer ids it makes: nodes that draw the same differ in what else stands in an id. */
  readonly #node: number
  #draining: Promise<void> | undefined

  constructor(parts: HubParts) {
    const { engine, access, policies, bans, observers, stats, clock, logger, limits, file, cluster } = parts
    if (engine.frames) this.frames = engine.frames
    this.#access = access
    this.#policies = policies
    this.#bans = bans
    this.#observers = observers
    this.#stats = stats
    this.#limits = limits
    const egress = new Egress(stats, limits)
    this.#egress = egress
    const { log } = egress
    const rules = new RoomRules(parts.rooms, limits.membersPerRoom)
    const table = new RoomTable(engine, stats)
    const stamps = new Stamps()
    const seats = new SessionTable()
    const around =
      cluster &&
      new Surroundings({
        ...{ cluster, engine, log, table, stamps, clock, sessions: seats },
        house: {
          expel: (membership, reason) => rooms.expel(membership, reason),
          learnDoor: (room, door, isNews) => doors.learn(room, door, isNews),
        },
        doorkeeper: {
          waiting: (name) => rooms.lobby.before(name),
          isWaiting: (name, peer) => rooms.lobby.find(name, peer) !== undefined,
          admit: (room, peer) => doors.admit(room, peer),
          deny: (room, peer, reason) => doors.deny(room, peer, reason),
          expel: (membership, reason) => rooms.expel(membership, reason),
        },
        refuse: (session, id, error) => sessions.refuse(session, id, error),
      })
    const presence = around?.presence
    const abroad = around?.moderation
    const rooms = new Rooms({ ...parts, log, table, stamps, presence, abroad, rules })
    const doors = new Doors({ rooms, table, rules, stamps, presence, abroad })
    this.#around = around
    this.#node = cluster ? randomInt(PEER_ID_LIMITS.node) : 0
    this.#earlyJoins = new EarlyJoins(engine, access, policies, rooms)
    const release = (slot: number) => this.#release(slot)
    const sessions = new Sessions({ ...parts, table: seats, egress, rooms, release })
    this.#sessions = sessions
    const returning = new Returning(sessions.tickets, cluster)
    this.#returning = returning
    this.#arrivals = new Arrivals({ sessions, returning, doors, stats, limits, release })
    const fanout = new Fanout(limits)
    const relay = new Relay({ engine, log, fanout, policies, sessions, stats, outward: around?.outward })
    const renewal = new Renewal({ access, rooms, observers, clock })
    const moderation = new Moderation({ rooms, doors, observers, abroad })
    const requests = new Requests({ access, policies, renewal, moderation, rooms, doors, observers })
    this.#dispatch = new Dispatch({ engine, relay, fanout, policies, requests, sessions, stats })
    engine.survive?.({
      replay(empty) {
        sessions.replay(empty)
        rooms.replay(empty)
      },
      told({ error, engine: name, tookMs }) {
        stats.engineRebuilds++
        const { peers } = stats
        logger.error({ err: error, engine: name, tookMs, peers }, 'the engine failed and was rebuilt')
      },
    })
    this.#liveness = new Liveness(limits, clock, sessions, fanout)
    const { resumeMs, drainMs } = limits
    const transit = new Transit({ sessions, rooms, egress, stats, clock })
    if (file && resumeMs > 0) {
      const kept = { sessions, transit, slots: this.#slots, clock, logger, resumeMs, cluster }
      this.#keeping = new Keeping({ file, ...kept })
    }
    if (cluster && presence && resumeMs > 0) {
      const takeSlot = () => (this.#slots.used > limits.peers ? -1 : this.#slots.take())
      const moving = { cluster, presence, sessions, seats, transit, rooms, table, returning, log, takeSlot }
      this.#handover = new Handover({ ...parts, ...moving })
    }
    const { refuges, legacy } = this.#handover ?? {}
    this.#drain = new Drain({ clock, sessions, drainMs, keeps: this.#keeping !== undefined, refuges, legacy })
  }

  /** Sessions that the last process has saved wait for their clients from now on. */
  start(): void {
    this.#keeping?.restore()
    this.#liveness.start()
    this.#around?.start()
  }

  /** Lets nobody in any more, and sends everybody away, which takes little longer than `limits.drainMs`. */
  drain(): Promise<void> {
    this.#draining ??= this.#drain.run()
    return this.#draining
  }

  /** Saves the sessions where there is a file for them, and ends every one that is left. */
  stop(): void {
    this.#draining ??= Promise.resolve()
    this.#liveness.stop()
    this.#handover?.stop()
    this.#around?.stop()
    if (this.#keeping !== undefined) {
      // Who comes back must know of everybody that it isn't told of again.
      this.#around?.presence.forget()
      this.#keeping.save()
    }
    for (const session of this.#sessions) this.#sessions.end(session, 'E_GOING_AWAY')
  }

  async admit(request: ConnectRequest): Promise<Admission> {
    const admitted = await this.#admit(request).catch((error) => {
      const refusal = this.#sessions.asSignalError(error)
      this.#stats.refuse(refusal.code)
      this.#observers.tell({ type: 'refused', code: refusal.code, address: request.address })
      this.#policies.refused(refusal.code, request.address)
      throw refusal
    })
    let used = false
    return {
      attach: (connection) => {
        used = true
        const session = this.#arrivals.attach(admitted, connection)
        return new Attachment(session, connection, this.#dispatch, this.#sessions)
      },
      discard: () => {
        if (!used) this.#release(admitted.slot)
        used = true
      },
    }
  }

  /** Ends the sessions of somebody who was banned, soon: whoever banned them may be in the middle of a message. */
  expel(kind: BanKind, name: string): void {
    setImmediate(() => {
      for (const session of this.#sessions) {
        const { address, principal } = session
        const isMeant = kind === 'principal' ? principal.id === name : addressKey(address) === name
        if (isMeant) this.#sessions.end(session, 'E_BANNED')
      }
    })
  }

  kick(target: Target, reason: string): number {
    const isMeant = ({ id, principal }: Session) =>
      'peer' in target ? id === target.peer : principal.id === target.principal
    const meant = [...this.#sessions].filter(isMeant)
    for (const session of meant) {
      this.#observers.tell({ type: 'kicked', peer: session.id, principal: session.principal.id, reason })
      this.#sessions.fail(session, new SignalError('E_KICKED', `${ERRORS.E_KICKED.meaning}: ${reason}`))
    }
    return meant.length
  }

  endOfChunk(): void {
    this.#stats.reads++
    this.#egress.endOfChunk()
  }

  async #admit(request: ConnectRequest): Promise<Admitted> {
    if (this.#draining) throw new SignalError('E_GOING_AWAY')
    const { token, address, resume } = request
    this.#refuseBanned('address', address)
    const resumes = resume !== undefined && this.#returning.mayReturn(resume)
    await this.#access.attempt({ address, resumes, now: this.#policies.now })
    // Handshakes under way hold a slot too, so that the limit can't be overrun by many at once. A client that comes
    // back has one already, and gives this one back.
    const isFree = this.#slots.used < this.#limits.peers
    const slot = isFree || (resume && this.#returning.knows(resume)) ? this.#slots.take() : -1
    if (slot === -1) throw new SignalError('E_BUSY')
    try {
      const principal = await this.#access.authenticate({ token, address })
      this.#refuseBanned('principal', principal.id)
      if (resume) await this.#handover?.fetch(resume, principal, address)
      const fresh = encodePeerId(
        this.#node,
        slot,
        this.#slots.generation(slot),
        randomInt(PEER_ID_LIMITS.tag),
      )
      const id = (resume && this.#returning.find(resume, principal)?.id) ?? fresh
      const iceServers: IceServer[] = []
      await this.#access.connect({ principal, peer: id, slot, address, now: this.#policies.now, iceServers })
      const early = await this.#earlyJoins
        .ask(request, { principal, peer: id, slot })
        .catch((error) => this.#sessions.asSignalError(error))
      if (early instanceof SignalError && ERRORS[early.code].ends) throw early
      this.#refuseBanned('principal', principal.id) // policies take their time
      if (this.#draining) throw new SignalError('E_GOING_AWAY')
      const returns = resume !== undefined && this.#returning.find(resume, principal) !== undefined
      if (resume && !returns) this.#handover?.refuseIfMoving(resume)
      if (!returns && this.#slots.used > this.#limits.peers) throw new SignalError('E_BUSY')
      return { slot, id: fresh, principal, iceServers, early, resume }
    } catch (error) {
      this.#release(slot)
      throw error
    }
  }

  #refuseBanned(kind: BanKind, name: string): void {
    const leftMs = this.#bans.leftMs(kind, name)
    if (leftMs > 0) throw new SignalError('E_BANNED', ERRORS.E_BANNED.meaning, leftMs)
  }

  #release(slot: number): void {
    this.#policies.disconnected(slot)
    this.#slots.release(slot)
  }
}
