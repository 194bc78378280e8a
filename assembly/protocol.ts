/**
 * The numbers of the protocol, as `core/protocol.ts`, `core/errors.ts` and `core/engine/engine.ts` have them.
 * test/guard/protocol-constants.test.ts reads this file and holds them equal.
 */

// Message kinds. Hot ones are relayed: from FIRST_HOT_KIND on.
export const KIND_JOIN: i32 = 0
export const KIND_LEAVE: i32 = 1
export const KIND_UPDATE: i32 = 2
export const KIND_ACK: i32 = 3
export const KIND_STATS: i32 = 4
export const KIND_BYE: i32 = 5
export const KIND_AUTH: i32 = 6
export const KIND_MODERATE: i32 = 7
export const KIND_OFFER: i32 = 8
export const KIND_ANSWER: i32 = 9
export const KIND_CANDIDATE: i32 = 10
export const KIND_SIGNAL: i32 = 11
export const KIND_PUBLISH: i32 = 12
export const FIRST_HOT_KIND: i32 = 8

// Verdicts below zero, in the order of precedence.
export const E_TOO_LARGE: i32 = -1
export const E_UTF8: i32 = -2
export const E_JSON: i32 = -3
export const E_NESTING: i32 = -4
export const E_ENVELOPE: i32 = -5
export const E_TYPE: i32 = -6
export const E_FIELD: i32 = -7
export const E_ROOM_NAME: i32 = -8
export const E_NOT_JOINED: i32 = -9
export const E_FORBIDDEN: i32 = -10
export const E_NO_PEER: i32 = -11

// The envelope's fields.
export const FIELD_TYPE: i32 = 0
export const FIELD_ID: i32 = 1
export const FIELD_ROOM: i32 = 2
export const FIELD_TO: i32 = 3
export const FIELD_DATA: i32 = 4
export const FIELD_SEEN: i32 = 5

// Limits.
export const MESSAGE_BYTES: i32 = 65536
export const NESTING: i32 = 32
export const ROOM_BYTES: i32 = 128
export const PEER_ID_BYTES: i32 = 16

// Capacities.
export const PEERS: i32 = 131072
export const ROOMS: i32 = 131072
export const ROOMS_PER_PEER: i32 = 16
export const MEMBERS_PER_ROOM: i32 = 16384

// Rights.
export const RIGHT_SIGNAL: i32 = 1
export const RIGHT_PUBLISH: i32 = 2

// Words, as a little-endian load of their bytes sees them.
export const WORD_TYPE: u32 = 0x65707974
export const WORD_ROOM: u32 = 0x6d6f6f72
export const WORD_DATA: u32 = 0x61746164
export const WORD_SEEN: u32 = 0x6e656573
export const WORD_ID: u32 = 0x6469
export const WORD_TO: u32 = 0x6f74
export const WORD_TRUE: u32 = 0x65757274
export const WORD_ALSE: u32 = 0x65736c61
export const WORD_NULL: u32 = 0x6c6c756e

export const WORD_JOIN: u64 = 0x6e696f6a
export const WORD_LEAVE: u64 = 0x657661656c
export const WORD_UPDATE: u64 = 0x657461647075
export const WORD_ACK: u64 = 0x6b6361
export const WORD_STATS: u64 = 0x7374617473
export const WORD_BYE: u64 = 0x657962
export const WORD_AUTH: u64 = 0x68747561
export const WORD_MODERATE: u64 = 0x6574617265646f6d
export const WORD_OFFER: u64 = 0x726566666f
export const WORD_ANSWER: u64 = 0x726577736e61
/** Its ninth character, `e`, doesn't fit. */
export const WORD_CANDIDAT: u64 = 0x74616469646e6163
export const WORD_SIGNAL: u64 = 0x6c616e676973
export const WORD_PUBLISH: u64 = 0x6873696c627570
