/** Of whom a session knows, by what it was sent. */

import type { Room } from '../../rooms/room.js'

/** Ids of members, by the name of the room. */
export type Acquaintances = ReadonlyMap<string, Set<string>>

const BEGINNINGS = ['{"type":"peer-joined"', '{"type":"peer-left"'].map((text) => Buffer.from(text))

/** All who are introduced in these rooms. */
export const introducedIn = (rooms: Iterable<Room>): Acquaintances =>
  new Map([...rooms].map(({ name, introduced }) => [name, new Set(introduced.map(({ id }) => id))]))

/** Those of whom it knows once it has been sent these frames too. */
export function learn(from: Acquaintances, frames: readonly Buffer[]): void {
  for (const frame of frames) note(from, frame, true)
}

/** Those of whom it knew before it was sent these frames. */
export function unlearn(from: Acquaintances, frames: readonly Buffer[]): void {
  for (const frame of frames.toReversed()) note(from, frame, false)
}

function note(acquaintances: Acquaintances, frame: Buffer, forwards: boolean): void {
  const payload = frame.subarray(headerBytes(frame))
  const isIntroduction = begins(payload, BEGINNINGS[0]!)
  if (!isIntroduction && !begins(payload, BEGINNINGS[1]!)) return
  const { room, peer } = JSON.parse(payload.toString()) as { room: string; peer: { id: string } }
  const known = acquaintances.get(room)
  if (isIntroduction === forwards) known?.add(peer.id)
  else known?.delete(peer.id)
}

const begins = (payload: Buffer, beginning: Buffer): boolean =>
  payload.length > beginning.length &&
  payload.compare(beginning, 0, beginning.length, 0, beginning.length) === 0

/** RFC 6455 section 5.2, of a frame of our own. */
const headerBytes = (frame: Buffer): number => (frame[1]! < 126 ? 2 : frame[1] === 126 ? 4 : 10)
