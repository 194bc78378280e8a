/**
 * The third opinion: the contract of core/engine/engine.ts, written with TextDecoder, JSON.parse and Maps by someone
 * who doesn't mind how long it takes. Shares no code with the engines.
 */

import type { Engine, FieldName } from '../../../core/engine/engine.js'

interface Membership {
  readonly room: number
  rights: number
}

interface Field {
  /** The value as text. */
  readonly token: string
  /** In bytes of the message. */
  readonly start: number
  readonly end: number
}

const KINDS = new Map([
  ['join', 0],
  ['leave', 1],
  ['update', 2],
  ['ack', 3],
  ['stats', 4],
  ['bye', 5],
  ['auth', 6],
  ['moderate', 7],
  ['offer', 8],
  ['answer', 9],
  ['candidate', 10],
  ['signal', 11],
  ['publish', 12],
])

export class Oracle implements Omit<Engine, 'name'> {
  readonly #names = new Map<number, string>()
  readonly #members = new Map<number, number[]>()
  readonly #memberships = new Map<number, Membership[]>()
  readonly #idOf = new Map<number, string>()
  #recipients: number[] = []
  #frame: Buffer = Buffer.alloc(0)
  id = 0
  seen = 0
  field: FieldName = 'type'
  roomName = ''
  dataStart = 0
  dataEnd = 0
  dataText = 'null'
  room = 0
  to = ''

  addPeer(slot: number, id: string): void {
    this.#idOf.set(slot, id)
    this.#memberships.set(slot, [])
  }

  removePeer(slot: number): void {
    this.#idOf.delete(slot)
  }

  addRoom(room: number, name: string): void {
    this.#names.set(room, name)
    this.#members.set(room, [])
  }

  removeRoom(room: number): void {
    this.#names.delete(room)
  }

  join(slot: number, room: number, rights: number): boolean {
    this.#memberships.get(slot)!.push({ room, rights })
    this.#members.get(room)!.push(slot)
    return true
  }

  setRights(slot: number, room: number, rights: number): void {
    const membership = this.#memberships.get(slot)!.find((one) => one.room === room)
    if (membership) membership.rights = rights
  }

  leave(slot: number, room: number): void {
    const members = this.#members.get(room)!
    const last = members.pop()!
    if (last !== slot) members[members.indexOf(slot)] = last
    this.#memberships.set(
      slot,
      this.#memberships.get(slot)!.filter((membership) => membership.room !== room),
    )
  }

  ingest(sender: number, message: Uint8Array): number {
    this.id = 0
    this.seen = 0
    this.field = 'type'
    this.#recipients = []
    if (message.length > 65_536) return -1
    let text: string
    try {
      text = new TextDecoder('utf-8', { fatal: true, ignoreBOM: true }).decode(message)
    } catch {
      return -2
    }
    const broken = judgeJson(text)
    if (broken !== 0) return broken
    const fields = topLevelFields(text)
    if (!fields) return -5

    const id = fields.get('id')
    if (id && isInteger(id.token) && Number(id.token) >= 1) this.id = Number(id.token)
    const type = stringOf(fields.get('type'))
    const kind = type === undefined ? undefined : KINDS.get(type)
    if (type === undefined || kind === undefined) return -6
    if (id && this.id === 0) return this.#wrong('id')
    const data = fields.get('data')
    this.dataStart = data?.start ?? 0
    this.dataEnd = data?.end ?? 0
    this.dataText = data ? Buffer.from(message.subarray(data.start, data.end)).toString() : 'null'

    if (!['ack', 'bye', 'auth'].includes(type)) {
      const room = stringOf(fields.get('room'))
      if (room === undefined) return this.#wrong('room')
      if (!isRoomName(room)) return -8
      this.roomName = room
    }
    const isDirected = ['offer', 'answer', 'candidate', 'signal'].includes(type)
    const to = stringOf(fields.get('to'))
    if (isDirected && to === undefined) return this.#wrong('to')
    if ((isDirected || ['publish', 'update', 'stats', 'auth', 'moderate'].includes(type)) && !data)
      return this.#wrong('data')
    if (type === 'ack') {
      const seen = fields.get('seen')
      if (!seen || !isInteger(seen.token)) return this.#wrong('seen')
      this.seen = Number(seen.token)
    }
    if (!isDirected && type !== 'publish') return kind

    const membership = this.#memberships
      .get(sender)!
      .find((candidate) => this.#names.get(candidate.room) === this.roomName)
    if (!membership) return -9
    if ((membership.rights & (isDirected ? 1 : 2)) === 0) return -10
    const others = this.#members.get(membership.room)!.filter((slot) => slot !== sender)
    const from = this.#idOf.get(sender)!
    if (isDirected && (!/^[\w-]{16}$/.test(to!) || to === from)) return -11
    this.to = to ?? ''
    this.#recipients = isDirected
      ? others.filter((slot) => this.#idOf.get(slot) === to && slot === slotIn(to!))
      : others
    this.room = membership.room
    this.#frame = textFrame(
      Buffer.concat([
        Buffer.from(
          `{"type":"${type}","room":${JSON.stringify(this.roomName)},"from":${JSON.stringify(from)},"data":`,
        ),
        message.subarray(data!.start, data!.end),
        Buffer.from('}'),
      ]),
    )
    return kind
  }

  get recipientCount(): number {
    return this.#recipients.length
  }

  get recipients(): Int32Array {
    return Int32Array.from(this.#recipients)
  }

  get frameBytes(): number {
    return this.#frame.length
  }

  writeFrame(target: Buffer, offset: number): void {
    this.#frame.copy(target, offset)
  }

  #wrong(field: FieldName): number {
    this.field = field
    return -7
  }
}

/** Bits 18 to 41 of the 96 that an id is. */
function slotIn(id: string): number {
  const bits = BigInt(`0x${Buffer.from(id, 'base64url').toString('hex')}`)
  return Number((bits >> 54n) & 0xff_ffffn)
}

/** 0, or E_JSON or E_NESTING, whichever offence comes first. */
function judgeJson(text: string): number {
  const opening = openingAtLevel33(text)
  if (opening) {
    // Everything before it is right if and only if it becomes JSON with an empty array in its place.
    return isJson(`${text.slice(0, opening.at)}[]${opening.closers}`) ? -4 : -3
  }
  return isJson(text) ? 0 : -3
}

function isJson(text: string): boolean {
  try {
    JSON.parse(text)
    return true
  } catch {
    return false
  }
}

/** The first bracket that opens a 33rd level, and what would close the 32 around it. */
function openingAtLevel33(text: string): { at: number; closers: string } | undefined {
  const closers: string[] = []
  for (const token of text.matchAll(/"(?:[^"\\]|\\.)*"?|[[\]{}]/gs)) {
    const [first] = token[0]
    if (first === '{' || first === '[') {
      if (closers.length === 32) return { at: token.index, closers: closers.reverse().join('') }
      closers.push(first === '{' ? '}' : ']')
    } else if (first === '}' || first === ']') {
      closers.pop()
    }
  }
  return undefined
}

/** The members of the outermost object of a valid JSON text; undefined when it is another value. */
function topLevelFields(text: string): Map<string, Field> | undefined {
  if (text.trimStart()[0] !== '{') return undefined
  const fields = new Map<string, Field>()
  let level = 0
  let key: string | undefined
  let valueAt = 0
  let lastEnd = 0
  const finish = () => {
    if (key === undefined) return
    const start = Buffer.byteLength(text.slice(0, valueAt))
    const token = text.slice(valueAt, lastEnd)
    fields.set(key, { token, start, end: start + Buffer.byteLength(token) })
    key = undefined
  }
  for (const { 0: token, index } of text.matchAll(/"(?:[^"\\]|\\.)*"|[[\]{},:]|[^\s[\]{},:"]+/gs)) {
    if (level === 1 && (token === ',' || token === '}')) finish()
    if (level === 1 && key === undefined && token[0] === '"') {
      key = JSON.parse(token) as string
      valueAt = 0
    } else if (level === 1 && key !== undefined && valueAt === 0 && token !== ':') {
      valueAt = index
    }
    if (token === '{' || token === '[') level++
    if (token === '}' || token === ']') level--
    lastEnd = index + token.length
  }
  return fields
}

function stringOf(field: Field | undefined): string | undefined {
  return field?.token[0] === '"' ? (JSON.parse(field.token) as string) : undefined
}

function isInteger(token: string): boolean {
  return /^\d+$/.test(token) && BigInt(token) <= 2n ** 53n - 1n
}

function isRoomName(name: string): boolean {
  return name !== '' && !/[\p{Cc}\p{Cs}]/u.test(name) && Buffer.byteLength(name) <= 128
}

function textFrame(payload: Buffer): Buffer {
  let header: Buffer
  if (payload.length <= 125) {
    header = Buffer.from([0x81, payload.length])
  } else if (payload.length <= 65_535) {
    header = Buffer.alloc(4)
    header.writeUInt16BE(0x817e, 0)
    header.writeUInt16BE(payload.length, 2)
  } else {
    header = Buffer.alloc(10)
    header.writeUInt16BE(0x817f, 0)
    header.writeBigUInt64BE(BigInt(payload.length), 2)
  }
  return Buffer.concat([header, payload])
}
