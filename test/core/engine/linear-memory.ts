/** The map of linear memory, as assembly/layout.ts has it, for tests that watch what changes in it. */

export interface Region {
  readonly start: number
  readonly end: number
}

export const PAGE = 0x1_0000
/** RESULT, SPANS and SCRATCH. */
export const OUTPUT: Region = { start: PAGE, end: PAGE + 384 }
/** RECEIVED. */
export const RECEIVED: Region = { start: PAGE + 448, end: PAGE + 480 }
/** The message, and the NULs behind it. */
export const INPUT: Region = { start: 2 * PAGE, end: 2 * PAGE + 65_536 + 16 }
/** The frame, as long as it may be, and what copying by blocks overshoots. */
export const FRAME: Region = { start: 3 * PAGE + 0x100, end: 3 * PAGE + 0x100 + 65_536 + 330 + 16 }
/** The chunk; before it what an earlier one left over; behind it the NULs. */
export const CHUNK: Region = { start: 5 * PAGE + 0x800 - 65_550, end: 5 * PAGE + 0x800 + 65_536 + 16 }
export const RECIPIENTS: Region = { start: 7 * PAGE, end: 8 * PAGE + 16 }

/** Where the room with this number keeps the pointer to its members. */
const roomMembersAt = (room: number): number => 0x249_0000 + room * 160 + 140

/** Makes the last of a room's `count` members somebody who isn't there. */
export function inventMember(memory: Buffer, room: number, count: number): void {
  memory.writeUInt32LE(77_777, memory.readUInt32LE(roomMembersAt(room)) + (count - 1) * 4)
}

/** Damages a room's members: whoever touches them reaches outside of linear memory, and traps. */
export function breakMembers(memory: Buffer, room: number): void {
  memory.writeUInt32LE(0xfff0_0000, roomMembersAt(room))
}

/** Where the unused part of the members' arena begins; at most 4 bytes are left of it at the end of memory. */
export const ARENA_TOP = OUTPUT.end + 13 * 4

/** The first byte outside the allowed regions (in the order of memory) that differs from `before`, or -1. */
export function strayByte(memory: Buffer, before: Buffer, allowed: readonly Region[]): number {
  let from = 0
  for (const { start, end } of [...allowed, { start: memory.length, end: memory.length }]) {
    if (memory.compare(before, from, start, from, start) !== 0) {
      for (let i = from; i < start; i++) if (memory[i] !== before[i]) return i
    }
    from = end
  }
  return -1
}
