import type { Clock } from '../clock.js'
import type { FrameLog } from '../egress/frame-log.js'
import type { Engine } from '../engine/engine.js'
import type { SignalError } from '../errors.js'
import type { RoomTable } from '../rooms/room-table.js'
import type { Session } from '../sessions/session.js'
import type { SessionTable } from '../sessions/session-table.js'
import type { Cluster } from './cluster.js'
import { Confirmations } from './delivery/confirmations.js'
import { Outward } from './delivery/outward.js'
import { type Doorkeeper, ModerationAbroad } from './orders/moderation-abroad.js'
import { Presence } from './presence/presence.js'
import { type House, Sightings } from './presence/sightings.js'
import { StampExchange } from './presence/stamp-exchange.js'
import type { Stamps } from './presence/stamps.js'

export interface SurroundingsParts {
  readonly cluster: Cluster
  readonly engine: Engine
  readonly log: FrameLog
  readonly table: RoomTable
  readonly sessions: SessionTable
  readonly stamps: Stamps
  readonly clock: Clock
  readonly house: House
  readonly doorkeeper: Doorkeeper
  /** Refuses a message that was taken before. */
  readonly refuse: (session: Session, id: number, error: SignalError) => void
}

/** What a hub has of the other nodes around it: who is there, and the way to them. */
export class Surroundings {
  readonly presence: Presence
  readonly outward: Outward
  readonly moderation: ModerationAbroad
  readonly #exchange: StampExchange

  constructor(parts: SurroundingsParts) {
    const { cluster, engine, log, table, sessions, stamps, clock, refuse } = parts
    const confirmations = new Confirmations(refuse)
    this.moderation = new ModerationAbroad(parts)
    this.presence = new Presence({
      ...{ cluster, table, confirmations },
      sightings: new Sightings(parts),
      shared: (share) => this.moderation.shared(share),
    })
    this.outward = new Outward({ engine, log, table, sessions, confirmations })
    this.#exchange = new StampExchange(cluster, stamps, clock)
  }

  start(): void {
    this.#exchange.start()
  }

  stop(): void {
    this.#exchange.stop()
  }
}
