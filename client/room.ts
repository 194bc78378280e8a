/** A room that this client is in: its peers, its messages, and the media we send to all of them. */

import type { Json, PeerInfo, PeerIntroduction } from '../core/protocol.js'
import { Emitter } from './emitter.js'
import type { SignalboxError } from './errors.js'
import { Member } from './member.js'
import { Moderation } from './moderation.js'
import { quiet } from './outbox.js'
import { Peer } from './peer.js'
import { Reunion } from './reunion.js'
import type { RoomEvents, RoomState } from './room-events.js'
import type { DoorMessage, RoomLink, RoomMessage } from './room-link.js'

export class Room extends Emitter<RoomEvents> {
  readonly name: string
  /** The orders of a moderator, and who waits to be let in. */
  readonly moderation: Moderation
  readonly #link: RoomLink
  readonly #members = new Map<string, Member>()
  readonly #peers = new Map<string, Peer>()
  readonly #knocks = new Map<string, PeerInfo>()
  readonly #tracks = new Map<MediaStreamTrack, readonly MediaStream[]>()
  readonly #reunion: Reunion
  #state: RoomState = 'joining'
  /** Whether we were in the room before. */
  #returns = false
  #data: Json | undefined

  /** Made by the session. */
  constructor(name: string, data: Json | undefined, link: RoomLink) {
    super()
    this.name = name
    this.#data = data
    this.#link = link
    this.moderation = new Moderation(this.#knocks, (data) =>
      link.request({ type: 'moderate', room: name, data }),
    )
    this.#reunion = new Reunion({
      clock: link.clock,
      ownId: link.ownId,
      claim: (to, data) => void link.request({ type: 'offer', room: name, to, data }),
      found: (member, introduction) => this.#rename(member, introduction),
      newcomer: (introduction) => this.#add(introduction, true),
      gone: ({ id }) => this.#remove(id),
      deliver: (message) => this.#receive(message),
      failed: (id, error) => this.#fail(id, error),
    })
    const room = this
    link.attach({
      get data() {
        return room.#data
      },
      joined: (peers) => this.#joined(peers),
      receive: (message) => this.#receive(message),
      waiting: () => this.#become('waiting'),
      atDoor: (message) => this.#atDoor(message),
      suspended: () => this.#become('reconnecting'),
      resumed: () => this.#become('joined'),
      failed: (id, error) => this.#fail(id, error),
      ended: (error) => this.#end(error),
    })
  }

  get state(): RoomState {
    return this.#state
  }

  /** Our own metadata here, as the others see it; null when we gave none. */
  get data(): Json {
    return this.#data ?? null
  }

  /** The others, by id, in the order in which they joined. Live, not a copy. */
  get peers(): ReadonlyMap<string, Peer> {
    return this.#peers
  }

  /** The tracks that we send to everyone. */
  get tracks(): readonly MediaStreamTrack[] {
    return [...this.#tracks.keys()]
  }

  /**
   * Sends a message to everyone else, through the server, as soon as there is a connection. The promise may be ignored:
   * it resolves when the server has handed the message on, and rejects when the server refuses it or loses the session.
   */
  publish(data: Json): Promise<void> {
    return this.#link.request({ type: 'publish', room: this.name, data })
  }

  /** As `publish`, to one peer. Rejects with E_NO_PEER when it isn't here. */
  send(peerId: string, data: Json): Promise<void> {
    return this.#link.request({ type: 'signal', room: this.name, to: peerId, data })
  }

  /** Replaces our metadata, in a lost session's successor too. As `publish`. */
  update(data: Json): Promise<void> {
    return quiet(this.#update(data))
  }

  async #update(data: Json): Promise<void> {
    await this.#link.request({ type: 'update', room: this.name, data })
    this.#data = data
  }

  /** Leaves the room and ends the connections to its peers, at once; resolves when the server knows. */
  async leave(): Promise<void> {
    if (this.#state === 'left') return
    const told = this.#link.request({ type: 'leave', room: this.name })
    this.#link.leaving()
    this.#end(undefined)
    // The room was refused in the meantime, or the session is over: we are out of it.
    await told.catch(() => {})
  }

  /** Sends a track to every present and future peer, as part of `streams`. Connects to the peers. Throws E_NO_WEBRTC. */
  addTrack(track: MediaStreamTrack, ...streams: MediaStream[]): void {
    if (this.#tracks.has(track) || this.#state === 'left') return
    this.#tracks.set(track, streams)
    for (const member of this.#members.values()) member.addTrack(track, streams)
  }

  /** `addTrack` for each track of the stream. */
  addStream(stream: MediaStream): void {
    for (const track of stream.getTracks()) this.addTrack(track, stream)
  }

  /** Stops sending a track; doesn't stop the track itself. */
  removeTrack(track: MediaStreamTrack): void {
    if (!this.#tracks.delete(track)) return
    for (const member of this.#members.values()) member.removeTrack(track)
  }

  /** Sends `by` in the place of `track`: another camera, say. Of the same kind, it needs no negotiation. */
  async replaceTrack(track: MediaStreamTrack, by: MediaStreamTrack): Promise<void> {
    const streams = this.#tracks.get(track)
    if (!streams || track === by) return
    this.#tracks.delete(track)
    this.#tracks.set(by, streams)
    await Promise.all([...this.#members.values()].map((member) => member.replaceTrack(track, by)))
  }

  #joined(introductions: readonly PeerIntroduction[]): void {
    const present = new Set(introductions.map(({ id }) => id))
    this.#reunion.forgetStrangers()
    for (const [id, member] of [...this.#members]) {
      if (!present.has(id) && !this.#reunion.misses(member)) this.#remove(id)
    }
    // Whoever waits still is introduced anew.
    for (const id of [...this.#knocks.keys()]) this.#endKnock(id)
    this.#state = 'joined'
    for (const introduction of introductions) {
      if (this.#returns) this.#meet(introduction)
      else this.#add(introduction, false)
    }
    this.#returns = true
    // Told last, so that whoever hears it finds all peers; unless a listener above has left the room.
    if (this.state === 'joined') this.emit('state', { state: 'joined' })
  }

  #receive(message: RoomMessage): void {
    if (this.#state !== 'joined' || this.#reunion.takes(message)) return
    if (message.type === 'peer-joined') this.#meet(message.peer)
    else if (message.type === 'peer-left') this.#remove(message.peer.id)
    else this.#receiveFrom(message.type === 'peer-updated' ? message.peer.id : message.from, message)
  }

  #atDoor(message: DoorMessage): void {
    if (message.type === 'door') this.emit('door', message.door)
    else if (message.type === 'knock-ended') this.#endKnock(message.peer.id)
    else {
      this.#knocks.set(message.peer.id, message.peer)
      this.emit('knock', message.peer)
    }
  }

  #endKnock(id: string): void {
    const knock = this.#knocks.get(id)
    this.#knocks.delete(id)
    if (knock) this.emit('knock-ended', knock)
  }

  #receiveFrom(id: string, message: Exclude<RoomMessage, { type: 'peer-joined' | 'peer-left' }>): void {
    const member = this.#members.get(id)
    const peer = this.#peers.get(id)
    if (!member || !peer) return
    switch (message.type) {
      case 'peer-updated':
        member.data = message.peer.data
        this.emit('peer-updated', peer)
        break
      case 'publish':
      case 'signal':
        this.emit('message', { peer, data: message.data, direct: message.type === 'signal' })
        break
      default:
        member.receive(message.type, message.data)
    }
  }

  #fail(id: string, error: SignalboxError): void {
    if (this.#reunion.takesAlarm(id, error)) return
    const peer = this.#peers.get(id)
    if (peer) this.emit('error', { peer, error })
  }

  #meet(introduction: PeerIntroduction): void {
    const member = this.#members.get(introduction.id)
    if (member) this.#renew(member, introduction)
    else this.#reunion.meet(introduction)
  }

  #add(introduction: PeerIntroduction, announced: boolean): void {
    const { id } = introduction
    const member: Member = new Member({
      introduction,
      clock: this.#link.clock,
      tracks: this.#tracks,
      createConnection: () => this.#link.createConnection(),
      send: (type, data) => this.#link.request({ type, room: this.name, to: member.id, data }),
      observer: {
        connection: (connection) => this.emit('connection', { peer, connection }),
        state: (state) => {
          this.emit('peer-state', { peer, state })
          if (state === 'failed' || state === 'closed') this.#reunion.giveUp(member)
        },
        track: (track, streams) => this.emit('track', { peer, track, streams }),
        channel: (channel) => this.emit('channel', { peer, channel }),
        error: (error) => this.emit('error', { peer, error }),
      },
    })
    const peer = new Peer(member, (data) => this.send(member.id, data))
    this.#members.set(id, member)
    this.#peers.set(id, peer)
    if (announced) this.emit('peer-joined', peer)
    // The listener above may have left the room, and taken the tracks away with it.
    if (this.#tracks.size > 0) member.connect()
  }

  #renew(member: Member, introduction: PeerIntroduction): void {
    const peer = this.#peers.get(member.id)!
    const changed = JSON.stringify(member.data) !== JSON.stringify(introduction.data)
    this.#reunion.returns(member)
    member.renew(introduction)
    if (changed) this.emit('peer-updated', peer)
    if (this.#tracks.size > 0) member.connect()
  }

  #rename(member: Member, introduction: PeerIntroduction): void {
    const formerId = member.id
    const peer = this.#peers.get(formerId)!
    const changed = JSON.stringify(member.data) !== JSON.stringify(introduction.data)
    this.#members.delete(formerId)
    this.#peers.delete(formerId)
    member.rename(introduction)
    this.#members.set(member.id, member)
    this.#peers.set(member.id, peer)
    this.emit('peer-renamed', { peer, formerId })
    if (changed) this.emit('peer-updated', peer)
  }

  #remove(id: string): void {
    const peer = this.#peers.get(id)
    this.#members.get(id)?.close()
    this.#members.delete(id)
    this.#peers.delete(id)
    if (peer) this.emit('peer-left', peer)
  }

  #end(error: SignalboxError | undefined): void {
    if (this.#state === 'left') return
    this.#reunion.close()
    for (const member of this.#members.values()) member.close()
    this.#members.clear()
    this.#peers.clear()
    this.#knocks.clear()
    this.#tracks.clear()
    this.#become('left', error)
  }

  #become(state: RoomState, error?: SignalboxError): void {
    if (this.#state === state) return
    this.#state = state
    this.emit('state', error ? { state, error } : { state })
  }
}
