/**
 * What a room keeps of another peer: its facts, and the RTCPeerConnection to it once one is needed. `Peer` is the
 * app's view of it.
 */

import type { Json, PeerIntroduction } from '../core/protocol.js'
import type { Clock } from './clock.js'
import { SignalboxError } from './errors.js'
import { Negotiation, type NegotiationKind } from './negotiation.js'

/** What the other side of a connection may tell the room. */
export interface MemberObserver {
  connection(connection: RTCPeerConnection): void
  state(state: RTCPeerConnectionState): void
  track(track: MediaStreamTrack, streams: readonly MediaStream[]): void
  channel(channel: RTCDataChannel): void
  error(error: SignalboxError): void
}

export interface MemberOptions {
  readonly introduction: PeerIntroduction
  readonly clock: Clock
  /** What we send to everyone, with the streams that each track belongs to. The room's own map, not a copy. */
  readonly tracks: ReadonlyMap<MediaStreamTrack, readonly MediaStream[]>
  readonly observer: MemberObserver
  /** Throws E_NO_WEBRTC where there is none. */
  createConnection(): RTCPeerConnection
  /** Carries one message of the negotiation to the peer, under the id that it has now. */
  send(kind: NegotiationKind, data: Json): Promise<void>
}

export class Member {
  id: string
  data: Json
  polite: boolean
  connection: RTCPeerConnection | undefined
  /** The streams that the peer sends now. */
  readonly streams = new Set<MediaStream>()
  readonly #options: MemberOptions
  readonly #senders = new Map<MediaStreamTrack, RTCRtpSender>()
  #negotiation: Negotiation | undefined
  #gone = false

  constructor(options: MemberOptions) {
    this.#options = options
    this.id = options.introduction.id
    this.data = options.introduction.data
    this.polite = options.introduction.polite
  }

  /** The connection to the peer; made now if there is none yet, with all of our tracks. */
  connect(): RTCPeerConnection {
    if (this.connection) return this.connection
    if (this.#gone) throw new SignalboxError('E_NO_PEER', 'this peer has left the room')
    const { observer, clock, tracks, send } = this.#options
    const connection = this.#options.createConnection()
    this.connection = connection
    this.#negotiation = new Negotiation({
      connection,
      polite: this.polite,
      clock,
      send,
      onError: (error) => observer.error(error),
    })
    this.#observe(connection)
    observer.connection(connection)
    for (const [track, streams] of tracks) this.#send(track, streams)
    return connection
  }

  /** What both ends of the connection know and nobody else; undefined when there is no connection that works. */
  get bond(): string | undefined {
    const state = this.connection?.connectionState
    return state === 'connected' || state === 'disconnected' ? this.#negotiation?.bond : undefined
  }

  receive(kind: NegotiationKind, data: Json): void {
    // Only an offer begins something; and whoever only signals has no WebRTC, and no answer.
    if (!this.connection && !(kind === 'offer' && isDescription(data) && this.#connectable())) return
    this.#negotiation?.receive(kind, data)
  }

  addTrack(track: MediaStreamTrack, streams: readonly MediaStream[]): void {
    // A new connection takes the track from the room's map, this one with the others.
    if (this.connection) this.#send(track, streams)
    else this.connect()
  }

  removeTrack(track: MediaStreamTrack): void {
    const sender = this.#senders.get(track)
    this.#senders.delete(track)
    if (sender) this.connection?.removeTrack(sender)
  }

  /** Without negotiation where the browser can; otherwise the old track goes and the new one comes. */
  async replaceTrack(track: MediaStreamTrack, by: MediaStreamTrack): Promise<void> {
    const sender = this.#senders.get(track)
    if (!sender) return
    this.#senders.delete(track)
    this.#senders.set(by, sender)
    try {
      await sender.replaceTrack(by)
    } catch (cause) {
      if ((cause as DOMException).name !== 'InvalidModificationError' || this.#senders.get(by) !== sender)
        throw cause
      this.#senders.delete(by)
      this.connection?.removeTrack(sender)
      this.#send(by, this.#options.tracks.get(by) ?? [])
    }
  }

  /** The peer is here again under another id, and so are we: the connection lives, its negotiation goes on. */
  rename({ id, data, polite }: PeerIntroduction): void {
    this.id = id
    this.data = data
    this.polite = polite
    this.#negotiation?.renew(polite)
  }

  /** To this peer we had left and are somebody else: the old connection ends, a new one begins if needed. */
  renew(introduction: PeerIntroduction): void {
    this.#disconnect()
    this.data = introduction.data
    this.polite = introduction.polite
  }

  close(): void {
    this.#gone = true
    this.#disconnect()
  }

  #send(track: MediaStreamTrack, streams: readonly MediaStream[]): void {
    if (this.connection && !this.#senders.has(track)) {
      this.#senders.set(track, this.connection.addTrack(track, ...streams))
    }
  }

  #connectable(): boolean {
    try {
      this.connect()
      return true
    } catch {
      return false
    }
  }

  #observe(connection: RTCPeerConnection): void {
    const { observer } = this.#options
    connection.addEventListener('connectionstatechange', () => {
      if (connection === this.connection) observer.state(connection.connectionState)
    })
    connection.addEventListener('datachannel', ({ channel }) => observer.channel(channel))
    connection.addEventListener('track', ({ track, streams }) => {
      for (const stream of streams) this.#follow(stream)
      observer.track(track, streams)
    })
  }

  #follow(stream: MediaStream): void {
    if (this.streams.has(stream)) return
    this.streams.add(stream)
    stream.addEventListener('removetrack', () => {
      if (stream.getTracks().length === 0) this.streams.delete(stream)
    })
    stream.addEventListener('addtrack', () => this.streams.add(stream))
  }

  #disconnect(): void {
    if (!this.connection) return
    this.#negotiation?.close()
    this.connection = undefined
    this.#negotiation = undefined
    this.#senders.clear()
    this.streams.clear()
    this.#options.observer.state('closed')
  }
}

/** Whether this is something that a connection could apply, and no claim of a former peer. */
export function isDescription(data: Json): boolean {
  return typeof (data as { sdp?: Json } | null)?.sdp === 'string'
}
