/** What a room tells, and the states that it is in. */

import type { Door, Json, PeerInfo } from '../core/protocol.js'
import type { SignalboxError } from './errors.js'
import type { Peer } from './peer.js'

/**
 * `joining`: not in it yet. `waiting`: a moderator must let us in. `reconnecting`: the connection to the server is lost; meanwhile `peers` stays as it was.
 * `left`: for good; the object is of no further use.
 */
export type RoomState = 'joining' | 'waiting' | 'joined' | 'reconnecting' | 'left'

export interface RoomEvents {
  /** `error` says why, where it wasn't us who wanted it. */
  state: { readonly state: RoomState; readonly error?: SignalboxError }
  'peer-joined': Peer
  'peer-left': Peer
  /** The server has lost its sessions and the peer is back under another id; its connection has lived through it. */
  'peer-renamed': { readonly peer: Peer; readonly formerId: string }
  /** The peer's metadata changed. */
  'peer-updated': Peer
  /** `direct`: sent to us alone. */
  message: { readonly peer: Peer; readonly data: Json; readonly direct: boolean }
  /** A peer sends a track. When it stops, `removetrack` fires on the stream. */
  track: {
    readonly peer: Peer
    readonly track: MediaStreamTrack
    readonly streams: readonly MediaStream[]
  }
  /** A peer opened a data channel to us. */
  channel: { readonly peer: Peer; readonly channel: RTCDataChannel }
  /** A new connection to a peer, before it negotiates: the moment to add what every connection shall have. */
  connection: { readonly peer: Peer; readonly connection: RTCPeerConnection }
  'peer-state': { readonly peer: Peer; readonly state: RTCPeerConnectionState }
  /** Something failed between us and a peer. The room goes on. */
  error: { readonly peer: Peer; readonly error: SignalboxError }
  /** The door stands so from now on. */
  door: Door
  /** To moderators: somebody waits to be let in; `room.moderation` says yes or no. */
  knock: PeerInfo
  /** To moderators: somebody waits no longer, for whatever reason. */
  'knock-ended': PeerInfo
}
