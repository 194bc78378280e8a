/** How a session and a room of it speak to each other. */

import type { HotKindName, Json, PeerIntroduction, ServerMessage } from '../core/protocol.js'
import type { Clock } from './clock.js'
import type { SignalboxError } from './errors.js'
import type { Request } from './outbox.js'

/** Messages of the server that belong to one room, after `joined`: those that tell of its peers. */
export type RoomMessage = Extract<
  ServerMessage,
  { type: HotKindName | 'peer-joined' | 'peer-updated' | 'peer-left' }
>

/** Messages of the server about a room's door, and about those before it. */
export type DoorMessage = Extract<ServerMessage, { type: 'door' | 'knock' | 'knock-ended' }>

/** How the session drives a room. */
export interface RoomControls {
  readonly data: Json | undefined
  joined(peers: readonly PeerIntroduction[]): void
  receive(message: RoomMessage): void
  /** We are before the door: somebody must let us in. */
  waiting(): void
  atDoor(message: DoorMessage): void
  /** The connection is lost. */
  suspended(): void
  /** The session goes on as if nothing had been. */
  resumed(): void
  /** Something is wrong with what a peer said; the room goes on. */
  failed(peerId: string, error: SignalboxError): void
  ended(error: SignalboxError | undefined): void
}

/** What a room needs of its session. */
export interface RoomLink {
  readonly clock: Clock
  request(message: Request): Promise<void>
  /** Our own id in the session that is. */
  ownId(): string
  /** The app leaves: the session forgets the room. */
  leaving(): void
  /** Throws E_NO_WEBRTC. */
  createConnection(): RTCPeerConnection
  /** Called once, by the room's constructor. */
  attach(controls: RoomControls): void
}
