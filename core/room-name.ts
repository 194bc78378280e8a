import { Buffer } from 'node:buffer'
import { LIMITS } from './protocol.js'

/** Control characters, and surrogates that stand alone (the `u` flag pairs the others). */
const FORBIDDEN = /[\p{Cc}\p{Cs}]/u

/** Whether a name can name a room: 1 to 128 bytes of UTF-8, no control characters, no lone surrogates. */
export function isRoomName(name: string): boolean {
  return name.length > 0 && !FORBIDDEN.test(name) && Buffer.byteLength(name) <= LIMITS.roomBytes
}
