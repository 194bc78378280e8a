/**
 * The engine in JavaScript, written as its best friend would write it: a byte scanner that makes no objects, and
 * nothing left to do for a frame but two copies.
 */

import { isUtf8 } from 'node:buffer'
import { FIRST_HOT_KIND, KINDS, LIMITS } from '../protocol.js'
import { checkPeer, checkRoom } from './check.js'
import { CAPACITY, type Engine, type FieldName, RIGHTS } from './engine.js'
import { Envelope, FIELD } from './js/envelope.js'
import { isPeerId, NONE, Rooms } from './js/rooms.js'
import {
  E_FIELD,
  E_FORBIDDEN,
  E_NO_PEER,
  E_NOT_JOINED,
  E_ROOM_NAME,
  E_TOO_LARGE,
  E_TYPE,
  E_UTF8,
} from './js/verdicts.js'

const BACKSLASH = 0x5c
const DELETE = 0x7f
const CLOSE_BRACE = 0x7d
/** FIN and opcode 1, text. */
const FINAL_TEXT = 0x81

/** How the payload of a frame of each hot kind begins. */
const OPENINGS: Buffer[] = []
for (const [name, kind] of Object.entries(KINDS)) OPENINGS[kind] = Buffer.from(`{"type":"${name}`)

/** See `Engine`. */
export class JsEngine implements Engine {
  readonly name = 'js'
  readonly #rooms = new Rooms()
  /** A copy of the message, and the NUL that ends every scan. */
  readonly #bytes = Buffer.alloc(LIMITS.messageBytes + 16)
  readonly #envelope = new Envelope(this.#bytes)
  readonly recipients = new Int32Array(CAPACITY.membersPerRoom)
  #kind = 0
  /** The sender's, of a message that is relayed. */
  #membership = NONE
  /** The room's name: a string when it had to be unescaped, else where it stands. */
  #nameText: string | undefined
  #nameStart = 0
  #nameEnd = 0

  id = 0
  seen = 0
  field: FieldName = 'type'
  dataStart = 0
  dataEnd = 0
  recipientCount = 0

  addPeer(slot: number, id: string): void {
    checkPeer(slot, id)
    this.#rooms.addPeer(slot, id)
  }

  removePeer(slot: number): void {
    this.#rooms.removePeer(slot)
  }

  addRoom(room: number, name: string): void {
    checkRoom(room, name)
    this.#rooms.addRoom(room, name)
  }

  removeRoom(room: number): void {
    this.#rooms.removeRoom(room)
  }

  join(slot: number, room: number, rights: number): boolean {
    return this.#rooms.join(slot, room, rights)
  }

  setRights(slot: number, room: number, rights: number): void {
    this.#rooms.setRights(slot, room, rights)
  }

  leave(slot: number, room: number): void {
    this.#rooms.leave(slot, room)
  }

  ingest(sender: number, message: Uint8Array): number {
    this.#clear()
    const envelope = this.#envelope
    if (message.length > LIMITS.messageBytes) return E_TOO_LARGE
    if (!isUtf8(message)) return E_UTF8
    this.#bytes.set(message)
    this.#bytes[message.length] = 0
    const broken = envelope.read(message.length)
    if (broken !== 0) return broken

    const kind = envelope.kind()
    const id = envelope.has(FIELD.id) ? envelope.integer(FIELD.id) : 0
    if (id > 0) this.id = id
    if (kind < 0) return E_TYPE
    if (id < 1 && envelope.has(FIELD.id)) return this.#wrong('id')
    this.dataStart = envelope.start(FIELD.data)
    this.dataEnd = envelope.end(FIELD.data)
    if (kind === KINDS.ack) return this.#readAck()
    if (kind === KINDS.bye) return kind
    if (kind === KINDS.auth) return envelope.has(FIELD.data) ? kind : this.#wrong('data')
    return this.#readRoomMessage(kind, sender)
  }

  #clear(): void {
    this.id = 0
    this.seen = 0
    this.field = 'type'
    this.dataStart = 0
    this.dataEnd = 0
    this.recipientCount = 0
    this.#membership = NONE
    this.#nameText = undefined
  }

  #wrong(field: FieldName): number {
    this.field = field
    return E_FIELD
  }

  #readAck(): number {
    const seen = this.#envelope.integer(FIELD.seen)
    if (seen < 0) return this.#wrong('seen')
    this.seen = seen
    return KINDS.ack
  }

  /** Every kind but ack, bye and auth is about a room. */
  #readRoomMessage(kind: number, sender: number): number {
    const envelope = this.#envelope
    if (!envelope.hasString(FIELD.room)) return this.#wrong('room')
    if (!this.#readName()) return E_ROOM_NAME
    const isHot = kind >= FIRST_HOT_KIND
    if (isHot && kind !== KINDS.publish && !envelope.hasString(FIELD.to)) return this.#wrong('to')
    if (kind !== KINDS.join && kind !== KINDS.leave && !envelope.has(FIELD.data)) return this.#wrong('data')
    return isHot ? this.#relay(kind, sender) : kind
  }

  /** Whether the field `room` is 1 to 128 bytes of UTF-8 without control characters or lone surrogates. */
  #readName(): boolean {
    const start = this.#envelope.start(FIELD.room) + 1
    const end = this.#envelope.end(FIELD.room) - 1
    this.#nameStart = start
    this.#nameEnd = end
    let p = start
    while (p < end && this.#bytes[p] !== BACKSLASH && this.#bytes[p]! < DELETE) p++
    if (p === end) return end > start && end - start <= LIMITS.roomBytes
    // Anything but printable ASCII: rare enough to become a string.
    const text = this.#envelope.text(start, end)
    this.#nameText = text
    return text !== '' && Buffer.byteLength(text) <= LIMITS.roomBytes && !/[\p{Cc}\p{Cs}]/u.test(text)
  }

  /** Finds out who receives a hot message. */
  #relay(kind: number, sender: number): number {
    const rooms = this.#rooms
    const membership =
      this.#nameText === undefined
        ? rooms.findByBytes(sender, this.#bytes, this.#nameStart, this.#nameEnd)
        : rooms.findByName(sender, this.#nameText)
    if (membership === NONE) return E_NOT_JOINED
    const right = kind === KINDS.publish ? RIGHTS.publish : RIGHTS.signal
    if ((rooms.rightsOf(membership) & right) === 0) return E_FORBIDDEN
    if (kind === KINDS.publish) this.#addressAll(membership)
    else if (!this.#addressOne(membership, sender)) return E_NO_PEER
    this.#membership = membership
    this.#kind = kind
    return kind
  }

  /** The room's members except the sender. */
  #addressAll(membership: number): void {
    const members = this.#rooms.membersOf(this.#rooms.roomOf(membership))
    const position = this.#rooms.positionOf(membership)
    const { recipients } = this
    const others = members.length - 1
    for (let i = 0; i < position; i++) recipients[i] = members[i]!
    for (let i = position; i < others; i++) recipients[i] = members[i + 1]!
    this.recipientCount = others
  }

  /** The member here that `to` names, if any. False when it can't be anybody's id, or is the sender's own. */
  #addressOne(membership: number, sender: number): boolean {
    const rooms = this.#rooms
    let id = this.#bytes
    let start = this.#envelope.start(FIELD.to) + 1
    const end = this.#envelope.end(FIELD.to) - 1
    if (end - start !== LIMITS.peerIdBytes) {
      // An escape makes it longer; nothing makes it shorter.
      if (end - start < LIMITS.peerIdBytes) return false
      id = Buffer.from(this.#envelope.text(start, end))
      start = 0
      if (id.length !== LIMITS.peerIdBytes) return false
    }
    const recipient = rooms.resolve(id, start)
    if (recipient < 0 || rooms.find(recipient, rooms.roomOf(membership)) === NONE)
      return isPeerId(id, start) && !rooms.hasId(sender, id, start)
    if (recipient === sender) return false
    this.recipients[0] = recipient
    this.recipientCount = 1
    return true
  }

  get roomName(): string {
    if (this.#membership !== NONE) return this.#rooms.nameOf(this.room)
    return this.#nameText ?? this.#bytes.toString('latin1', this.#nameStart, this.#nameEnd)
  }

  get dataText(): string {
    return this.dataEnd === 0 ? 'null' : this.#bytes.toString('utf8', this.dataStart, this.dataEnd)
  }

  get room(): number {
    return this.#membership === NONE ? 0 : this.#rooms.roomOf(this.#membership)
  }

  get to(): string {
    return this.#envelope.text(this.#envelope.start(FIELD.to) + 1, this.#envelope.end(FIELD.to) - 1)
  }

  get frameBytes(): number {
    const length = this.#payloadBytes
    return (length < 126 ? 2 : length < 0x10000 ? 4 : 10) + length
  }

  get #payloadBytes(): number {
    const opening = OPENINGS[this.#kind]!
    return (
      opening.length + this.#rooms.middleOf(this.#membership).length + (this.dataEnd - this.dataStart) + 1
    )
  }

  writeFrame(target: Buffer, offset: number): void {
    const opening = OPENINGS[this.#kind]!
    const middle = this.#rooms.middleOf(this.#membership)
    let p = writeHeader(target, offset, this.#payloadBytes)
    for (let i = 0; i < opening.length; i++) target[p++] = opening[i]!
    target.set(middle, p)
    p += middle.length
    this.#bytes.copy(target, p, this.dataStart, this.dataEnd)
    target[p + this.dataEnd - this.dataStart] = CLOSE_BRACE
  }
}

/** An unmasked final text frame's header (RFC 6455 section 5.2). Returns where its payload begins. */
function writeHeader(target: Buffer, p: number, length: number): number {
  target[p] = FINAL_TEXT
  if (length < 126) {
    target[p + 1] = length
    return p + 2
  }
  if (length < 0x10000) {
    target[p + 1] = 126
    target[p + 2] = length >>> 8
    target[p + 3] = length
    return p + 4
  }
  target[p + 1] = 127
  target.fill(0, p + 2, p + 6)
  target.writeUInt32BE(length, p + 6)
  return p + 10
}
