/** Another member of a room, as the app sees it. */

import type { Json } from '../core/protocol.js'
import type { Member } from './member.js'

export class Peer {
  readonly #member: Member
  readonly #send: (data: Json) => Promise<void>

  /** Made by the room. */
  constructor(member: Member, send: (data: Json) => Promise<void>) {
    this.#member = member
    this.#send = send
  }

  /** Given by the server; another one after the peer has reconnected. */
  get id(): string {
    return this.#member.id
  }

  /** The peer's public metadata; null when it gave none. Written by a stranger. */
  get data(): Json {
    return this.#member.data
  }

  /** Whether we are the polite side towards this peer (WebRTC section 10.7). */
  get polite(): boolean {
    return this.#member.polite
  }

  /** The connection to the peer, if one was needed yet. Yours to read and to add to; signaling stays with the room. */
  get connection(): RTCPeerConnection | undefined {
    return this.#member.connection
  }

  /** As `RTCPeerConnection.connectionState`; `new` while there is no connection. */
  get state(): RTCPeerConnectionState {
    return this.#member.connection?.connectionState ?? 'new'
  }

  /** The media streams that the peer sends now, for who comes too late for the event `track`. */
  get streams(): readonly MediaStream[] {
    return [...this.#member.streams]
  }

  /** Sends a message to this peer alone, through the server. As `room.send`. */
  send(data: Json): Promise<void> {
    return this.#send(data)
  }

  /**
   * The connection to the peer, made now if there is none. Throws E_NO_WEBRTC, or E_NO_PEER once the peer has left.
   */
  connect(): RTCPeerConnection {
    return this.#member.connect()
  }

  /** Opens a data channel to the peer, connecting first if need be. Throws as `connect`. */
  createDataChannel(label: string, options?: RTCDataChannelInit): RTCDataChannel {
    return this.#member.connect().createDataChannel(label, options)
  }
}
