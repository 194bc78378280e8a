/**
 * The contract of the hot path. Two implementations stand beside this file: `wasm` (AssemblyScript compiled to
 * WebAssembly, `assembly/`) and `js`. They give the same verdicts, the same recipients in the same order and the
 * same bytes; test/core/engine/differential.ts holds them to it.
 *
 * An engine knows peers and rooms by small integers that the hub allots, and holds who is in which room.
 * Nothing in it is asynchronous, and it is not re-entrant.
 */

import type { FrameReader } from './frame-reader.js'

export type EngineName = 'wasm' | 'js'

/** What one engine can hold. Fixed: linear memory is laid out once, at start. */
export const CAPACITY = {
  /** Peer slots, numbered from 0. */
  peers: 131_072,
  /** Rooms, numbered from 0. */
  rooms: 131_072,
  /** Rooms that one peer may be in at a time. */
  roomsPerPeer: 16,
  /** Members of one room. */
  membersPerRoom: 16_384,
} as const

/** What a member may do in a room besides receiving; bits of `rights` in `join`. */
export const RIGHTS = {
  /** offer, answer, candidate, signal */
  signal: 1,
  publish: 2,
} as const

/** Verdicts of an engine that has failed on a message and been rebuilt; the second closes the peer: it was one of many. */
export const ENGINE_FAULT = -100
export const ENGINE_FAULT_AGAIN = -101

/** What an engine needs to go on after a fault of its own. */
export interface Survival {
  /** Tells an empty engine of all peers and rooms there are, and of the members of each in their order. */
  replay(engine: Engine): void
  /** Called after a rebuild. */
  told(fault: EngineFault): void
}

export interface EngineFault {
  readonly error: Error
  /** The engine that judges messages from now on. */
  readonly engine: EngineName
  readonly tookMs: number
}

/** The envelope's fields, as `field` names the one behind an `E_FIELD` verdict; the index is the engines' number. */
export const FIELDS = ['type', 'id', 'room', 'to', 'data', 'seen'] as const
export type FieldName = (typeof FIELDS)[number]

/**
 * How one message is judged. In this order; the first that applies is the verdict:
 *
 * 1. longer than `LIMITS.messageBytes`: E_TOO_LARGE
 * 2. not UTF-8 (RFC 3629) anywhere: E_UTF8
 * 3. going through the bytes from the left, the first offence: E_JSON where RFC 8259 is broken (a byte order mark
 *    and trailing bytes included), E_NESTING where an object or array opens at level 33
 * 4. the top level isn't an object: E_ENVELOPE
 * 5. `type` is missing, not a string, or unknown: E_TYPE
 * 6. `id` is present and not an integer token from 1 to 2^53-1 written in digits alone: E_FIELD
 * 7. `room` is missing or not a string (every type but ack, bye and auth): E_FIELD;
 *    empty, over 128 bytes of UTF-8, with a control character (Unicode Cc) or a lone surrogate: E_ROOM_NAME
 * 8. `to` is missing or not a string (offer, answer, candidate, signal): E_FIELD
 * 9. `data` is missing (update, stats, auth, moderate and the hot kinds): E_FIELD
 * 10. `seen` is missing or not an integer token from 0 to 2^53-1 written in digits alone (ack): E_FIELD
 * 11. hot kinds: the sender isn't in the room: E_NOT_JOINED; hasn't the right: E_FORBIDDEN;
 *     `to` isn't shaped like a peer id (16 base64url characters), or is the sender's own: E_NO_PEER
 *
 * An engine knows those who are connected here. Of a `to` that isn't another of the room's members here it can't say
 * whether there is such a peer: the message is accepted, with no recipient, and `to` says who is meant.
 *
 * Keys are compared after unescaping; of a duplicate key the last wins; keys not named above are ignored.
 */
export interface Engine {
  readonly name: EngineName

  /**
   * Takes a slot that is free; `id` is its peer id, 16 base64url characters. One that points to another slot, as that
   * of a session which began on another node does, serves as `from`, but as `to` the engine never finds it.
   */
  addPeer(slot: number, id: string): void
  /** Frees a slot. The peer must have left its rooms. */
  removePeer(slot: number): void
  /** Takes a room number that is free. `name` is valid by rule 7. */
  addRoom(room: number, name: string): void
  /** Frees a room number. The room must be empty. */
  removeRoom(room: number): void
  /**
   * Makes a peer a member, O(1). The hub keeps within `CAPACITY` and never joins twice.
   * False when the engine's memory for members is exhausted: nothing has changed then.
   */
  join(slot: number, room: number, rights: number): boolean
  /** Changes what a member may do, from its next message on. Ignored when the peer isn't a member. */
  setRights(slot: number, room: number, rights: number): void
  /** Ends a membership, O(1); the room's last member takes its place in the order of recipients. */
  leave(slot: number, room: number): void

  /**
   * Judges one message of a peer: its kind (`KINDS`, ≥ 0), or a verdict of the error table (< 0).
   * The bytes stay the caller's. Everything below describes this message, until the next call.
   */
  ingest(sender: number, message: Uint8Array): number

  /**
   * Says how the engine may be rebuilt when it fails: call before anything else. It is then told of everything once
   * more, and what was under way is done again, so `replay` may show it already. Present in an engine that can fail.
   */
  survive?(survival: Survival): void
  /** Rebuilds the engine, which has named a peer that isn't there. Present when `survive` is. */
  distrust?(error: Error): void

  /** Finds WebSocket frames in what sockets receive; absent where the transport must do that. */
  readonly frames?: FrameReader
  /**
   * Judges the text frame that `frames.next` has returned last, as `ingest` does a message, without a copy.
   * Present when `frames` is.
   */
  ingestFrame?(sender: number): number

  /** The message's `id`; 0 when it has none, when that isn't valid, or when rule 1, 2, 3 or 4 refused the message. */
  readonly id: number
  /** For ack: how many counted frames the client has. */
  readonly seen: number
  /** For E_FIELD: which field was wrong. */
  readonly field: FieldName
  /** For every kind ≥ 0 but ack, bye and auth: the room's name, unescaped. */
  readonly roomName: string
  /** For every kind ≥ 0: where the raw bytes of `data` begin in the message, and end; both 0 when there is none. */
  readonly dataStart: number
  readonly dataEnd: number
  /** For every kind ≥ 0: the text of `data`, as it came; `null` when there is none. Makes a string. */
  readonly dataText: string

  /** For hot kinds: the room's number. */
  readonly room: number
  /** For offer, answer, candidate and signal: the peer id that `to` is, unescaped. Makes a string. */
  readonly to: string
  /** For hot kinds: how many peers receive the frame; the sender never does. */
  readonly recipientCount: number
  /** Their slots, in order: the first `recipientCount` elements. */
  readonly recipients: Int32Array
  /** For hot kinds: how long the outgoing frame is, header included. */
  readonly frameBytes: number
  /**
   * For hot kinds: writes the outgoing frame to `target`, from `offset` on: an unmasked final text frame (RFC 6455
   * section 5.2) of `{"type":…,"room":…,"from":…,"data":…}`, `data` byte for byte as it came, the room's name escaped
   * as JSON.stringify does. One frame serves every recipient. May overwrite `FRAME_SLACK` bytes behind it, which
   * must be there.
   */
  writeFrame(target: Buffer, offset: number): void
}

/** Behind a frame that an engine writes, so many bytes may be overwritten with anything. */
export const FRAME_SLACK = 64
