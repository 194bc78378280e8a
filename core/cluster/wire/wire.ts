/** The bytes of the messages that nodes send over the bus; docs/reference/cluster.md shows them field by field. */

import { createHmac, timingSafeEqual } from 'node:crypto'
import type { NodeLoad, NodeStatus } from '../cluster.js'
import { RecordReader } from './record-reader.js'
import { RecordWriter } from './record-writer.js'
import { BadRecord } from './records.js'

/** Raised whenever nodes of before and after couldn't understand each other. */
export const PROTOCOL_VERSION = 1

/** Magic, version, kind, sender: the same in every version. */
export const HEADER_BYTES = 16
const MAGIC = 0x5342

/** What a cluster's secret adds to the end of every message. */
const TAG_BYTES = 16

/** Kinds of messages, and on which topics they may come. */
export const KIND = {
  /** On the topic of all nodes; also in the inbox of one that is new. */
  heartbeat: 1,
  bye: 2,
  command: 3,
  /** On the topic of a room. */
  here: 4,
  /** In the inbox of a node. */
  open: 5,
  batch: 6,
  reset: 7,
} as const

/** Ids of nodes have 96 bits, written as everywhere: 16 characters of base64url. */
export const INCARNATION_BYTES = 12

/** Why a message was dropped; metrics count by it. */
export type DropReason = 'malformed' | 'forged' | 'version' | 'stranger' | 'bound'

/** A message that is what it claims to be, as far as its frame goes. */
export interface Incoming {
  readonly kind: number
  readonly sender: string
  /** A view of the message. */
  readonly body: Buffer
}

/** A message that can't be used. */
export interface Dropped {
  readonly drop: DropReason
  /** Of a sender that speaks another version. */
  readonly foreign?: { readonly sender: string; readonly version: number; readonly name: string }
}

/** Frames what this node sends, and opens what others have sent. */
export class Wire {
  readonly #incarnation: Buffer
  readonly #secret: string | undefined
  readonly #tagBytes: number

  /** With a secret, a message without the tag that only those who know it can make is `forged`. */
  constructor(incarnation: string, secret: string | undefined) {
    this.#incarnation = Buffer.from(incarnation, 'base64url')
    this.#secret = secret
    this.#tagBytes = secret === undefined ? 0 : TAG_BYTES
  }

  /** A message with a header and room for a body, which is the caller's to fill from `HEADER_BYTES` on; then `seal` it. */
  begin(kind: number, bodyBytes: number): Buffer {
    const message = Buffer.allocUnsafeSlow(HEADER_BYTES + bodyBytes + this.#tagBytes)
    message.writeUInt16BE(MAGIC, 0)
    message[2] = PROTOCOL_VERSION
    message[3] = kind
    this.#incarnation.copy(message, 4)
    return message
  }

  /** Completes a message for a topic: it is good there and nowhere else. */
  seal(topic: string, message: Buffer): Buffer {
    if (this.#secret === undefined) return message
    const end = message.length - TAG_BYTES
    tag(this.#secret, topic, message.subarray(0, end)).copy(message, end, 0, TAG_BYTES)
    return message
  }

  /** A whole message. */
  message(topic: string, kind: number, body: Uint8Array): Buffer {
    const message = this.begin(kind, body.length)
    message.set(body, HEADER_BYTES)
    return this.seal(topic, message)
  }

  /** Checks the frame of a message that came on a topic. */
  open(topic: string, bytes: Uint8Array): Incoming | Dropped {
    const message = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.byteLength)
    const end = message.length - this.#tagBytes
    if (end < HEADER_BYTES || message.readUInt16BE(0) !== MAGIC) return { drop: 'malformed' }
    if (this.#secret !== undefined) {
      const expected = tag(this.#secret, topic, message.subarray(0, end)).subarray(0, TAG_BYTES)
      if (!timingSafeEqual(expected, message.subarray(end))) return { drop: 'forged' }
    }
    const sender = message.toString('base64url', 4, HEADER_BYTES)
    const version = message[2]!
    const kind = message[3]!
    const body = message.subarray(HEADER_BYTES, end)
    if (version === PROTOCOL_VERSION) return { kind, sender, body }
    return { drop: 'version', foreign: { sender, version, name: nameIn(kind, body) } }
  }
}

const tag = (secret: string, topic: string, message: Buffer): Buffer =>
  createHmac('sha256', secret).update(topic).update('\0').update(message).digest()

/** The name in a heartbeat stands first in every version; whoever can't be read has none. */
function nameIn(kind: number, body: Buffer): string {
  if (kind !== KIND.heartbeat) return ''
  try {
    const reader = new RecordReader(body)
    return reader.text(reader.u8())
  } catch {
    return ''
  }
}

const ASKS = 1
const DRAINING = 2
const FULL_LOAD = 65_535
/** As many incarnations as a node may have inherited. */
export const MAX_INHERITED = 16

/** What a node says of itself. `asks`: those who hear it are to say the same, and it says itself what rooms it has. */
export interface Heartbeat extends NodeStatus {
  readonly asks: boolean
}

export function encodeHeartbeat(
  name: string,
  place: { readonly region?: string; readonly url?: string },
  { load, peers, draining, inherited }: NodeLoad & Pick<NodeStatus, 'inherited'>,
  asks: boolean,
): Buffer {
  const writer = new RecordWriter()
    .text8(name)
    .u8((asks ? ASKS : 0) | (draining ? DRAINING : 0))
    .u16(Math.round(Math.min(1, Math.max(0, load)) * FULL_LOAD))
    .u32(peers)
    .text8(place.region ?? '')
    .text16(place.url ?? '')
    .u8(inherited.length)
  for (const incarnation of inherited) writer.base64url(incarnation)
  return writer.written
}

/** Throws `BadRecord`. */
export function decodeHeartbeat(incarnation: string, body: Buffer): Heartbeat {
  const reader = new RecordReader(body)
  const name = reader.text(reader.u8())
  const flags = reader.u8()
  const load = reader.u16() / FULL_LOAD
  const peers = reader.u32()
  const region = reader.text(reader.u8())
  const url = reader.text(reader.u16())
  const count = reader.u8()
  if (count > MAX_INHERITED) throw new BadRecord('a heartbeat of a node that has inherited too much')
  const inherited = Array.from({ length: count }, () => reader.base64url(INCARNATION_BYTES))
  reader.end()
  if (name === '' || flags > (ASKS | DRAINING))
    throw new BadRecord('a heartbeat without a name or with odd flags')
  return {
    incarnation,
    name,
    ...(region === '' ? {} : { region }),
    ...(url === '' ? {} : { url }),
    load,
    peers,
    draining: (flags & DRAINING) !== 0,
    inherited,
    asks: (flags & ASKS) !== 0,
  }
}

/** The ids of the two ends of a link, as the sender sees them; 0: not known. */
export interface Pair {
  readonly mine: number
  readonly yours: number
}

/** The body of `open` and `reset`. */
export function encodePair({ mine, yours }: Pair): Buffer {
  const body = Buffer.allocUnsafe(8)
  body.writeUInt32BE(mine, 0)
  body.writeUInt32BE(yours, 4)
  return body
}

/** Throws `BadRecord`: a sender always knows its own end. */
export function decodePair(body: Buffer): Pair {
  const reader = new RecordReader(body)
  const pair = { mine: reader.u32(), yours: reader.u32() }
  reader.end()
  if (pair.mine === 0) throw new BadRecord('the end of a link has the id 0')
  return pair
}
