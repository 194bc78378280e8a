/** Frames as clients send them, right and wrong. */

import type { Dice } from '../../../dice.js'

export interface Shape {
  /** FIN, reserved bits and opcode. */
  readonly first: number
  readonly payload: Uint8Array
  /** Undefined: not masked. */
  readonly mask?: Buffer | undefined
  /** What the header claims, when it isn't the payload's length; and in how many bytes: 7 bits, 2 or 8 bytes. */
  readonly claim?: bigint | undefined
  readonly width?: 0 | 2 | 8 | undefined
}

/** A frame's bytes (RFC 6455 section 5.2). */
export function clientFrame({ first, payload, mask, claim, width }: Shape): Buffer {
  const length = claim ?? BigInt(payload.length)
  const wide = width ?? (length < 126n ? 0 : length < 65_536n ? 2 : 8)
  const header = Buffer.alloc(2 + wide)
  header[0] = first
  header[1] = (mask ? 0x80 : 0) | (wide === 0 ? Number(length & 0x7fn) : wide === 2 ? 126 : 127)
  if (wide === 2) header.writeUInt16BE(Number(length & 0xffffn), 2)
  if (wide === 8) header.writeBigUInt64BE(length, 2)
  const masked = mask ? payload.map((byte, i) => byte ^ mask[i & 3]!) : payload
  return Buffer.concat([header, mask ?? Buffer.alloc(0), masked])
}

export const MASK = Buffer.of(0x37, 0xfa, 0x21, 0x3d)

/** A masked frame with FIN. */
export const framed = (opcode: number, payload: string | Uint8Array = ''): Buffer =>
  clientFrame({ first: 0x80 | opcode, payload: Buffer.from(payload as string), mask: MASK })

/** A masked frame without FIN. */
export const fragment = (opcode: number, payload: string | Uint8Array = ''): Buffer =>
  clientFrame({ first: opcode, payload: Buffer.from(payload as string), mask: MASK })

/** A close frame's payload. */
export const closing = (code: number, reason: string | Uint8Array = ''): Buffer =>
  Buffer.concat([Buffer.of(code >> 8, code & 0xff), Buffer.from(reason as string)])

const CONTROLS = [0x88, 0x89, 0x8a] as const
const LENGTHS = [0, 1, 2, 3, 15, 16, 17, 124, 125, 126, 127, 128, 300, 1400] as const
const LARGE = [4096, 30_000, 65_535, 65_536, 65_537] as const
const CLAIMS = [
  125n,
  126n,
  65_535n,
  65_536n,
  65_537n,
  2n ** 40n,
  2n ** 53n,
  2n ** 63n,
  2n ** 64n - 1n,
] as const
const CLOSE_CODES = [
  0, 999, 1000, 1001, 1003, 1004, 1005, 1006, 1007, 1014, 1015, 2999, 3000, 4999, 5000,
] as const

/** One client's whole conversation: mostly valid, then perhaps broken somewhere. `messages` are texts worth sending. */
export function conversation(dice: Dice, messages: readonly Uint8Array[]): Buffer {
  const frames: Buffer[] = []
  for (let n = 1 + dice.roll(6); n > 0; n--) frames.push(...message(dice, messages))
  if (dice.roll(4) === 0) frames.push(control(dice))
  const bytes = Buffer.concat(frames)
  const fate = dice.roll(8)
  if (fate === 0) return bytes.subarray(0, dice.roll(bytes.length + 1))
  for (let n = fate < 3 ? 1 + dice.roll(3) : 0; n > 0; n--) {
    // Mostly in headers, where it tells: they are at the beginning of short frames.
    bytes[dice.roll(Math.min(bytes.length, dice.roll(2) ? 16 : bytes.length))] = dice.roll(256)
  }
  return bytes
}

/** A message in one frame or in fragments, with controls between them; now and then something that isn't allowed. */
function message(dice: Dice, messages: readonly Uint8Array[]): Buffer[] {
  const whim = dice.roll(40)
  if (whim === 0) return [control(dice)]
  if (whim === 1) return [strange(dice)]
  const payload = payloadOf(dice, messages)
  const opcode = dice.roll(20) === 0 ? 2 : 1
  const pieces = dice.roll(3) === 0 ? 1 + dice.roll(5) : 1
  const frames: Buffer[] = []
  for (let i = 0, at = 0; i < pieces; i++) {
    const end = i === pieces - 1 ? payload.length : at + dice.roll(payload.length - at + 1)
    const first = (i === pieces - 1 ? 0x80 : 0) | (i === 0 ? opcode : 0)
    const part = payload.subarray(at, end)
    frames.push(clientFrame({ first, payload: part, mask: maskOf(dice), width: widthOf(dice, part.length) }))
    if (pieces > 1 && dice.roll(3) === 0) frames.push(control(dice))
    at = end
  }
  return frames
}

function payloadOf(dice: Dice, messages: readonly Uint8Array[]): Uint8Array {
  const choice = dice.roll(100)
  if (choice < 50) return dice.pick(messages)
  const length = choice === 99 && dice.roll(4) === 0 ? dice.pick(LARGE) : dice.pick(LENGTHS)
  const payload = Buffer.alloc(length, choice < 75 ? 'plain text, ' : 'zwölf Boxkämpfer 🥊 ')
  if (choice > 90 && length > 0) payload[dice.roll(length)] = dice.roll(256)
  return payload
}

const maskOf = (dice: Dice) =>
  dice.roll(10) === 0 ? Buffer.alloc(4) : Buffer.from([0, 0, 0, 0].map(() => dice.roll(256)))

/** Longer than it need be, now and then: ws takes that. */
const widthOf = (dice: Dice, length: number) =>
  dice.roll(20) > 0 ? undefined : length < 126 && dice.roll(2) ? 2 : 8

function control(dice: Dice): Buffer {
  const first = dice.pick(CONTROLS)
  const isClose = first === 0x88
  if (isClose && dice.roll(4) > 0) return clientFrame({ first: 0x89, payload: Buffer.from('p'), mask: MASK })
  const length = dice.roll(10) === 0 ? 120 + dice.roll(8) : dice.roll(3) === 0 ? 0 : dice.roll(30)
  const text = Buffer.alloc(length, 'ping ü ')
  const payload = isClose && dice.roll(5) > 0 ? closing(dice.pick(CLOSE_CODES), text) : text
  return clientFrame({ first, payload, mask: maskOf(dice) })
}

/** A frame whose first bytes are anything. */
function strange(dice: Dice): Buffer {
  const payload = Buffer.alloc(dice.roll(20), 'x')
  const mask = dice.roll(4) === 0 ? undefined : MASK
  const claim = dice.roll(2) ? dice.pick(CLAIMS) : undefined
  const first = dice.roll(2) ? dice.roll(256) : 0x80 | dice.roll(16)
  return clientFrame({ first, payload, mask, claim, width: claim === undefined ? undefined : 8 })
}
