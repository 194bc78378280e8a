/**
 * A server small enough to read, for tests of several clients: speaks signalbox.v1 as far as the client can tell.
 * It has no transport; `FakeSocket`s are attached to it.
 */

import type { ClientMessage, Json, ServerMessage } from '../../core/protocol.js'
import { FakeSocket, welcome } from './fake-socket.js'

interface Connected {
  readonly id: string
  readonly rooms: Set<string>
  say(message: ServerMessage): void
}

export class FakeHub {
  /** Whom it lets in. */
  admits: (socket: FakeSocket) => boolean = () => true
  readonly #rooms = new Map<string, Map<Connected, Json>>()
  readonly #sockets = new Map<FakeSocket, Connected>()
  #peers = 0

  /** Sockets that are connected now. */
  get sockets(): readonly FakeSocket[] {
    return [...this.#sockets.keys()]
  }

  /** The constructor to give to clients. */
  get WebSocket() {
    const hub = this
    return class extends FakeSocket {
      constructor(url: string, protocols: string[]) {
        super(url, protocols)
        queueMicrotask(() => hub.#accept(this))
      }

      override send(text: string): void {
        super.send(text)
        const message = JSON.parse(text) as ClientMessage
        queueMicrotask(() => hub.#receive(this, message))
      }

      override close(code?: number): void {
        super.close(code)
        hub.#gone(this)
      }
    }
  }

  /** The network breaks between one client and the hub. */
  cut(socket: FakeSocket, code = 1006): void {
    this.#gone(socket)
    socket.end(code)
  }

  /** The hub is killed and comes back empty: nobody says goodbye to anybody. */
  restart(admits: (socket: FakeSocket) => boolean = () => true): void {
    const sockets = this.sockets
    this.#sockets.clear()
    this.#rooms.clear()
    this.admits = admits
    for (const socket of sockets) socket.end(1006)
  }

  #accept(socket: FakeSocket): void {
    if (!this.admits(socket)) {
      socket.end(1006)
      return
    }
    const id = `peer${String(++this.#peers).padStart(12, '0')}`
    const connected: Connected = {
      id,
      rooms: new Set(),
      say: (message) => queueMicrotask(() => socket.say(message)),
    }
    this.#sockets.set(socket, connected)
    connected.say(welcome(id))
    const room = socket.url.searchParams.get('room')
    const data = socket.url.searchParams.get('data')
    if (room !== null) this.#join(connected, room, data === null ? null : JSON.parse(data), undefined)
  }

  #receive(socket: FakeSocket, message: ClientMessage): void {
    const sender = socket.mute ? undefined : this.#sockets.get(socket)
    if (!sender || !('room' in message) || message.type === 'stats' || message.type === 'moderate') return
    const { type, room, id } = message
    if (type === 'join') {
      this.#join(sender, room, message.data ?? null, id)
      return
    }
    const members = this.#rooms.get(room)
    if (!members?.has(sender)) {
      sender.say({ type: 'error', id: id!, code: 'E_NOT_JOINED', message: 'you are not in this room' })
      return
    }
    const others = [...members.keys()].filter((member) => member !== sender)
    if (type === 'leave') this.#leave(sender, room)
    else if (type === 'update') {
      members.set(sender, message.data)
      for (const one of others)
        one.say({ type: 'peer-updated', room, peer: { id: sender.id, data: message.data } })
    } else if (type === 'publish') {
      for (const one of others) one.say({ type, room, from: sender.id, data: message.data })
    } else {
      const target = others.find((one) => one.id === message.to)
      if (!target) {
        sender.say({ type: 'error', id: id!, code: 'E_NO_PEER', message: 'no such peer in this room' })
        return
      }
      target.say({ type, room, from: sender.id, data: message.data })
    }
    sender.say({ type: 'ack', id: id! })
  }

  #join(peer: Connected, room: string, data: Json, id: number | undefined): void {
    const members = this.#rooms.get(room) ?? new Map<Connected, Json>()
    this.#rooms.set(room, members)
    const peers = [...members].map(([other, info]) => ({ id: other.id, data: info, polite: true }))
    peer.say({ type: 'joined', room, peers, ...(id !== undefined && { id }) })
    for (const other of members.keys()) {
      other.say({ type: 'peer-joined', room, peer: { id: peer.id, data, polite: false } })
    }
    members.set(peer, data)
    peer.rooms.add(room)
  }

  #leave(peer: Connected, room: string): void {
    const members = this.#rooms.get(room)
    members?.delete(peer)
    peer.rooms.delete(room)
    for (const other of members?.keys() ?? []) other.say({ type: 'peer-left', room, peer: { id: peer.id } })
  }

  #gone(socket: FakeSocket): void {
    const peer = this.#sockets.get(socket)
    this.#sockets.delete(socket)
    for (const room of peer?.rooms ?? []) this.#leave(peer!, room)
  }
}
