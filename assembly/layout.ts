/**
 * Where everything lies in linear memory. Sized once, at start: initial = maximum (asconfig.json), never grown.
 * Untouched pages cost nothing, so nothing here is ever cleared as a whole, and no code relies on zeros.
 *
 * ```
 *   0x0000000 ┌────────────────────────────────┐
 *             │ the compiler's own (__heap_base)│ 1 page, nothing of ours
 *   0x0010000 ├────────────────────────────────┤
 *             │ RESULT    what ingest found     │ 64 B      ─┐
 *             │ SPANS     where the fields are  │ 64 B       │ 1 page
 *             │ SCRATCH   unescaped strings     │ 256 B      │
 *             │ FREE      free list heads       │ 64 B       │
 *             │ RECEIVED  the frame found last  │ 32 B      ─┘
 *   0x0020000 ├────────────────────────────────┤
 *             │ INPUT     the message, NULs     │ 64 KiB, slack                         1 page, a little
 *   0x0030100 ├────────────────────────────────┤
 *             │ FRAME     what goes out         │ 65 KiB, slack                         1 page, a little
 *   0x00407f2 ├────────────────────────────────┤
 *             │ what an earlier chunk left over │ it ends where the chunk begins        3 pages, less that
 *   0x0050800 │ CHUNK     what a socket gave us │ 64 KiB, slack
 *   0x0070000 ├────────────────────────────────┤
 *             │ RECIPIENTS  slots, i32, slack   │ 2 pages
 *   0x0090000 ├────────────────────────────────┤
 *             │ PEER_TABLE        32 B a slot   │ 64 pages
 *   0x0490000 ├────────────────────────────────┤
 *             │ MEMBERSHIP_TABLE  16 × 16 B     │ 512 pages
 *   0x2490000 ├────────────────────────────────┤
 *             │ ROOM_TABLE       160 B a room   │ 320 pages
 *   0x3890000 ├────────────────────────────────┤
 *             │ MEMBER_ARENA     i32 blocks     │ 1024 pages
 *   0x7890000 └────────────────────────────────┘ 1929 pages
 * ```
 */

import { MEMBERS_PER_ROOM, PEERS, ROOMS, ROOMS_PER_PEER } from './protocol'

const PAGE: usize = 0x10000

// RESULT: read by core/engine/wasm.ts.
export const RESULT: usize = PAGE
/** f64 */
export const RESULT_ID: usize = RESULT
/** f64 */
export const RESULT_SEEN: usize = RESULT + 8
/** i32, as are all that follow. */
export const RESULT_FIELD: usize = RESULT + 16
/** Pointer to the room's name, unescaped. */
export const RESULT_NAME: usize = RESULT + 20
export const RESULT_NAME_LEN: usize = RESULT + 24
/** Offsets in the message. */
export const RESULT_DATA_START: usize = RESULT + 28
export const RESULT_DATA_END: usize = RESULT + 32
export const RESULT_ROOM: usize = RESULT + 36
export const RESULT_RECIPIENTS: usize = RESULT + 40
export const RESULT_FRAME_LEN: usize = RESULT + 44
/** Pointer to the 16 characters of `to`, unescaped. */
export const RESULT_TO: usize = RESULT + 48

/** For each field, u32 pointers to where its value begins and ends; 0 and 0 when it is missing. */
export const SPANS: usize = RESULT + 64

/** 256 bytes: the longest string that is ever unescaped (a room's name, 128 bytes), and slack. */
export const SCRATCH: usize = RESULT + 128

/** For each size class of the member arena, u32 pointer to its first free block; then where the unused part begins. */
export const FREE: usize = RESULT + 384

// RECEIVED: read by core/engine/wasm/frame-reader.ts.
export const RECEIVED: usize = RESULT + 448
/** i32 pointers to where the payload begins and ends; for what is incomplete, all that there is of it. */
export const RECEIVED_START: usize = RECEIVED
export const RECEIVED_END: usize = RECEIVED + 4
/** i32: how many bytes the incomplete frame takes at least. */
export const RECEIVED_NEEDED: usize = RECEIVED + 8
/** 16 bytes: what stood where the NULs behind a payload are, while they are there. */
export const BEHIND: usize = RECEIVED + 16

/** Behind the message stand 16 NULs: a load of 16 bytes at its last byte sees nothing older. */
export const INPUT: usize = 0x20000

/**
 * The frame of a hot message. Besides the longest `data` it has room for 10 bytes of header, a name of 256 bytes when
 * escaped, 63 bytes around them, and for what copying by blocks overshoots: 64 bytes here and in core/engine/wasm.ts.
 */
export const FRAME: usize = 0x30100

/**
 * Before it there is room for all but the last byte of the longest frame, 14 + 65,536 bytes. Behind its 64 KiB there
 * is room for 16 NULs.
 */
export const CHUNK: usize = 0x50800
export const CHUNK_BYTES: i32 = 65536

/** The slack behind them takes what copying by blocks overshoots. */
export const RECIPIENTS: usize = 0x70000

// A peer: 16 id bytes, then how many memberships it has.
export const PEER_TABLE: usize = RECIPIENTS + ((<usize>MEMBERS_PER_ROOM) << 2) + PAGE
export const PEER_SHIFT: usize = 5
export const PEER_MEMBERSHIPS: usize = 16

// A membership: hash of the room's name, the room, the position among its members, the rights.
export const MEMBERSHIP_TABLE: usize = PEER_TABLE + ((<usize>PEERS) << PEER_SHIFT)
export const MEMBERSHIP_BYTES: usize = 16
export const MEMBERSHIP_HASH: usize = 0
export const MEMBERSHIP_ROOM: usize = 4
export const MEMBERSHIP_POSITION: usize = 8
export const MEMBERSHIP_RIGHTS: usize = 12

// A room: its name (raw), then the fields below, then padding.
export const ROOM_TABLE: usize = MEMBERSHIP_TABLE + <usize>PEERS * <usize>ROOMS_PER_PEER * MEMBERSHIP_BYTES
export const ROOM_RECORD_BYTES: usize = 160
export const ROOM_NAME: usize = 0
export const ROOM_NAME_LEN: usize = 128
export const ROOM_HASH: usize = 132
/** How many characters of the name need a backslash in JSON. */
export const ROOM_ESCAPES: usize = 136
/** Pointer to the block of members, and its size class; undefined while `ROOM_COUNT` is 0. */
export const ROOM_MEMBERS: usize = 140
export const ROOM_CLASS: usize = 144
export const ROOM_COUNT: usize = 148

export const MEMBER_ARENA: usize = ROOM_TABLE + <usize>ROOMS * ROOM_RECORD_BYTES
export const MEMBER_ARENA_END: usize = MEMBER_ARENA + 1024 * PAGE
