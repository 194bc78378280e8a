/**
 * An ability that an engine may have: finding the WebSocket frames in what a client's socket receives (RFC 6455
 * section 5, the server's side, no extensions). `wasm` has it; with `js` the transport's library does that.
 *
 * One reader serves all sockets of a process, a chunk at a time: `begin`, then `next` until it returns something
 * below 0. What belongs to one connection (bytes left over, fragments so far) is the caller's to keep between chunks.
 * Nothing here is asynchronous, and it is not re-entrant: see `busy`.
 */

/** `next`: there is no other whole frame in this chunk. */
export const INCOMPLETE = -1

/** What `next` returns for a frame: its first byte, which is FIN (80) and the opcode. */
export const FRAMES = {
  text: 0x81,
  binary: 0x82,
  /** The first fragments of a message. */
  textBegins: 0x01,
  binaryBegins: 0x02,
  /** Those that follow, and the last one. */
  continues: 0x00,
  ends: 0x80,
  close: 0x88,
  ping: 0x89,
  pong: 0x8a,
} as const

export interface FrameReader {
  /**
   * Where a chunk must lie, from its first byte on, before `begin`: 64 KiB in the engine's own memory, so that a socket
   * may read into it directly. Free again for any socket after `end`. Another one when the engine has been rebuilt:
   * what a socket reads into the old one then must be copied.
   */
  readonly chunk: Uint8Array
  /** Whether a chunk is being read, so that `chunk` may not be touched. */
  readonly busy: boolean
  /**
   * Begins with the first `lengthBytes` bytes of `chunk`. `rest` is what came before them and was not complete, less
   * than one frame. `messageBytes` is how many bytes the fragments of an unfinished message have brought; -1 when no
   * message is unfinished.
   */
  begin(lengthBytes: number, rest: Uint8Array, messageBytes: number): void
  /**
   * The next frame, unmasked: one of `FRAMES`; `INCOMPLETE`; or, where the client breaks the protocol, the close code
   * for it, negated: 1002, 1007 (a close frame's reason), 1009 (a message over `LIMITS.messageBytes`, fragments
   * counted together); or, negated too, the close code of E_INTERNAL where the engine has failed and the rest of the
   * chunk is lost. Text isn't checked for UTF-8. After anything below 0, and after a close frame, call `end`.
   */
  next(): number
  /** The frame's payload, valid until the next call; after `INCOMPLETE`, the bytes that are left over. */
  readonly payload: Buffer
  /** Its length. */
  readonly payloadBytes: number
  /** After `INCOMPLETE`: how many bytes, those left over included, there must be before another look is of use. */
  readonly neededBytes: number
  /** Ends a chunk, however far it was read. */
  end(): void
}
