/** The hot path in every variant: a message in, its recipients and one frame out, and who is where. */

import { FrameLog } from '../../core/egress/frame-log.js'
import { textFrame } from '../../core/egress/text-frame.js'
import { createEngine } from '../../core/engine/create.js'
import { type Engine, type EngineName, FRAME_SLACK, RIGHTS } from '../../core/engine/engine.js'
import type { FrameReader } from '../../core/engine/frame-reader.js'
import { WasmEngine } from '../../core/engine/wasm.js'
import { encodePeerId } from '../../core/peer-id.js'

/** As `limits.replayLogBytes` has it: the log is larger than the processor's caches, and that costs. */
const LOG_BYTES = 32 * 1024 * 1024
const NOTHING = Buffer.alloc(0)

export interface HotPath {
  readonly name: string
  /** Peer numbers and rooms count from 0; `addPeer` and `addRoom` before anything that names them. */
  addPeer(slot: number): void
  addRoom(room: number): void
  join(slot: number, room: number): void
  leave(slot: number, room: number): void
  /** Finds the recipients of a message, and returns the sum of their numbers: as much as a loop over them costs. */
  route(sender: number, message: Buffer): number
  /**
   * Prepares a message; the function that it returns finds its recipients and makes the frame that they get, as a
   * server does on its hot path, and returns how long that is.
   */
  rewriter(sender: number, message: Buffer): () => number
  /** The frame that they get. */
  rewritten(sender: number, message: Buffer): Buffer
}

export const roomName = (room: number): string => `room-${room}`
export const peerId = (slot: number): string => encodePeerId(1, slot, 1, 0x1_2345_6789 + slot)

/** `idiomatic` first: the others are compared with it. */
export const hotPaths = (engines: readonly EngineName[]): readonly HotPath[] =>
  [
    'idiomatic',
    ...(engines.includes('js') ? ['js'] : []),
    ...(engines.includes('wasm') ? ['wasm-scalar', 'wasm'] : []),
  ].map(hotPath)

/** The variant of this name. */
export function hotPath(name: string): HotPath {
  if (name === 'idiomatic') return idiomatic()
  return ofEngine(name, name === 'wasm-scalar' ? new WasmEngine('scalar') : createEngine(name as EngineName))
}

/** What a server without an engine does: JSON.parse, a Map of Sets, JSON.stringify, a Buffer for the frame. */
function idiomatic(): HotPath {
  const decoder = new TextDecoder('utf-8', { fatal: true })
  const slots = new Map<string, number>()
  const ids: string[] = []
  const rooms = new Map<string, Set<number>>()
  const parse = (message: Buffer) => JSON.parse(decoder.decode(message)) as Record<string, string>
  const recipients = (sender: number, room: string, to: string | undefined): number => {
    const members = rooms.get(room)
    if (!members?.has(sender)) throw new Error('not joined')
    if (to !== undefined) {
      const slot = slots.get(to)
      if (slot === undefined || !members.has(slot)) throw new Error('no such peer')
      return slot
    }
    let sum = 0
    for (const slot of members) if (slot !== sender) sum += slot
    return sum
  }
  const rewritten = (sender: number, message: Buffer) => {
    const { type, room, to, data } = parse(message)
    recipients(sender, room!, to)
    return textFrame(JSON.stringify({ type, room, from: ids[sender], data }))
  }
  return {
    name: 'idiomatic',
    addPeer(slot) {
      ids[slot] = peerId(slot)
      slots.set(ids[slot], slot)
    },
    addRoom: (room) => void rooms.set(roomName(room), new Set()),
    join: (slot, room) => void rooms.get(roomName(room))!.add(slot),
    leave: (slot, room) => void rooms.get(roomName(room))!.delete(slot),
    route(sender, message) {
      const { room, to } = parse(message)
      return recipients(sender, room!, to)
    },
    rewriter: (sender, message) => () => rewritten(sender, message).length,
    rewritten,
  }
}

/**
 * The message is judged, its recipients are walked, and the frame is written into a frame log of the usual size. An
 * engine that finds frames is given the message as a socket gives it: it also reads the WebSocket frame around it, and
 * takes the mask off, which the others leave to a library that isn't measured here.
 */
function ofEngine(name: string, engine: Engine): HotPath {
  let isFull = false
  const log = new FrameLog(LOG_BYTES, () => {
    isFull = true
  })
  const recipients = (verdict: number) => {
    if (verdict < 0) throw new Error('refused')
    const { recipients: slots, recipientCount } = engine
    let sum = 0
    for (let i = 0; i < recipientCount; i++) sum += slots[i]!
    return sum
  }
  const append = () => {
    log.appendFrom(engine)
    if (!isFull) return
    isFull = false
    log.trim(log.end)
  }
  const ingest = (sender: number, message: Buffer) => recipients(engine.ingest(sender, message))
  const received = (frames: FrameReader, sender: number, frame: Buffer) => () => {
    frames.begin(frame.length, NOTHING, -1)
    frames.next()
    recipients(engine.ingestFrame!(sender))
    append()
    frames.end()
    return engine.frameBytes
  }
  return {
    name,
    addPeer: (slot) => engine.addPeer(slot, peerId(slot)),
    addRoom: (room) => engine.addRoom(room, roomName(room)),
    join(slot, room) {
      if (!engine.join(slot, room, RIGHTS.signal | RIGHTS.publish)) throw new Error('the engine is full')
    },
    leave: (slot, room) => engine.leave(slot, room),
    route: ingest,
    rewriter(sender, message) {
      const { frames } = engine
      if (frames === undefined) {
        return () => {
          ingest(sender, message)
          append()
          return engine.frameBytes
        }
      }
      const frame = clientFrame(message)
      frames.chunk.set(frame)
      return received(frames, sender, frame)
    },
    rewritten(sender, message) {
      ingest(sender, message)
      const frame = Buffer.allocUnsafe(engine.frameBytes + FRAME_SLACK)
      engine.writeFrame(frame, 0)
      return frame.subarray(0, engine.frameBytes)
    },
  }
}

/** A text frame of a client. Its mask is zeros: taken off again and again, it leaves the same bytes. */
function clientFrame(payload: Buffer): Buffer {
  const header = payload.length < 126 ? Buffer.of(0x81, 0x80 | payload.length) : Buffer.of(0x81, 0xfe, 0, 0)
  if (header.length > 2) header.writeUInt16BE(payload.length, 2)
  return Buffer.concat([header, Buffer.alloc(4), payload])
}
