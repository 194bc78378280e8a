/** The hot path in every variant: a message in, its recipients and one frame out, and who is where. */

import { createEngine } from '../../core/engine/create.js'
import { type Engine, type EngineName, RIGHTS } from '../../core/engine/engine.js'
import { WasmEngine } from '../../core/engine/wasm.js'
import { encodePeerId } from '../../core/peer-id.js'

export interface HotPath {
  readonly name: string
  /** Peer numbers and rooms count from 0; `addPeer` and `addRoom` before anything that names them. */
  addPeer(slot: number): void
  addRoom(room: number): void
  join(slot: number, room: number): void
  leave(slot: number, room: number): void
  /** Finds the recipients of a message, and returns the sum of their numbers: as much as a loop over them costs. */
  route(sender: number, message: Buffer): number
  /** As `route`, and returns the frame that they get. */
  rewrite(sender: number, message: Buffer): Buffer
}

export const roomName = (room: number): string => `room-${room}`
export const peerId = (slot: number): string => encodePeerId(1, slot, 1, 0x1_2345_6789 + slot)

/** `idiomatic` first: the others are compared with it. */
export function hotPaths(engines: readonly EngineName[]): readonly HotPath[] {
  const paths: HotPath[] = [idiomatic()]
  if (engines.includes('js')) paths.push(ofEngine('js', createEngine('js')))
  if (engines.includes('wasm')) {
    paths.push(ofEngine('wasm-scalar', new WasmEngine('scalar')))
    paths.push(ofEngine('wasm', createEngine('wasm')))
  }
  return paths
}

/** What a server without an engine does: JSON.parse, a Map of Sets, JSON.stringify. */
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
    rewrite(sender, message) {
      const { type, room, to, data } = parse(message)
      recipients(sender, room!, to)
      return textFrame(JSON.stringify({ type, room, from: ids[sender], data }))
    },
  }
}

function textFrame(text: string): Buffer {
  const length = Buffer.byteLength(text)
  const headBytes = length < 126 ? 2 : 4
  const frame = Buffer.allocUnsafe(headBytes + length)
  frame[0] = 0x81
  frame[1] = headBytes === 2 ? length : 126
  if (headBytes === 4) frame.writeUInt16BE(length, 2)
  frame.write(text, headBytes)
  return frame
}

function ofEngine(name: string, engine: Engine): HotPath {
  const route = (sender: number, message: Buffer) => {
    if (engine.ingest(sender, message) < 0) throw new Error('refused')
    let sum = 0
    for (let i = 0; i < engine.recipientCount; i++) sum += engine.recipient(i)
    return sum
  }
  return {
    name,
    addPeer: (slot) => engine.addPeer(slot, peerId(slot)),
    addRoom: (room) => engine.addRoom(room, roomName(room)),
    join(slot, room) {
      if (!engine.join(slot, room, RIGHTS.signal | RIGHTS.publish)) throw new Error('the engine is full')
    },
    leave: (slot, room) => engine.leave(slot, room),
    route,
    rewrite(sender, message) {
      route(sender, message)
      return engine.frame()
    },
  }
}
