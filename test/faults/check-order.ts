/**
 * On one node, a room has one order of events: what two of its members both see, they see in the same order. All that
 * members saw is laid side by side, as a graph of "came before"; an order exists when the graph has no circle.
 */

import { type Accuse, nodeAt, type Session, sentBy } from './history.js'
import type { Counted } from './log.js'

/** One room's events, by name, and which came right before which. */
interface Graph {
  readonly numbers: Map<string, number>
  readonly names: string[]
  readonly from: number[]
  readonly to: number[]
  /** The last event that the session that is being read has seen here; -1: none. */
  last: number
}

export function checkOrder(sessions: ReadonlyMap<string, Session>, accuse: Accuse): void {
  const rooms = new Map<string, Graph>()
  for (const session of sessions.values()) {
    for (const graph of rooms.values()) graph.last = -1
    let node = ''
    /**
     * What was said before the session came to a node may be repeated there in the order of the one before; and it may
     * have been somewhere else whenever its client was away, without the client's having heard of it.
     */
    let since = 0
    for (const entry of session.entries) {
      if (entry.what === 'welcome' && entry.node !== '') {
        since = entry.resumed ? entry.at : 0
        node = entry.node
        for (const graph of rooms.values()) graph.last = -1
      }
      if (entry.what !== 'received') continue
      const { frame } = entry
      const event = eventOf(session, frame, node, sessions)
      if (event === undefined || event.at < since) continue
      see(graphOf(rooms, node === '' ? frame.room : `${frame.room} on ${node}`), event.name)
    }
  }
  for (const [room, graph] of rooms) {
    const circle = inCircles(graph)
    if (circle.length === 0) continue
    const witness = sessions.values().next().value!
    const some = circle.slice(0, 3).map((number) => graph.names[number])
    accuse(
      'reordering',
      witness,
      `${room}: members disagree on the order of ${circle.length} events: ${some}`,
    )
  }
}

/** What a frame tells of that others see too; a departure has no name of its own, a direct message only one witness. */
function eventOf(
  session: Session,
  frame: Counted,
  node: string,
  sessions: ReadonlyMap<string, Session>,
): { readonly name: string; readonly at: number } | undefined {
  if (frame.kind === 'joined') {
    const record = session.sent[frame.id]
    if (record === undefined || !('mark' in record.message)) return undefined
    return { name: `join ${record.message.mark}`, at: record.at }
  }
  if (frame.kind !== 'peer-joined' && frame.kind !== 'publish' && frame.kind !== 'update') return undefined
  const found = sentBy(sessions, frame.mark)
  if (found === undefined) return undefined // the delivery check tells
  const { sender, record } = found
  if (frame.kind !== 'peer-joined') return { name: `${frame.kind} ${frame.mark}`, at: record.at }
  // Who lives elsewhere is announced whenever the nodes find each other.
  const isOurs = nodeAt(sender, record.at) === node && record.message.kind === 'join'
  return isOurs ? { name: `join ${frame.mark}`, at: record.at } : undefined
}

function graphOf(rooms: Map<string, Graph>, room: string): Graph {
  let graph = rooms.get(room)
  if (graph === undefined) {
    graph = { numbers: new Map(), names: [], from: [], to: [], last: -1 }
    rooms.set(room, graph)
  }
  return graph
}

function see(graph: Graph, event: string): void {
  let number = graph.numbers.get(event)
  if (number === undefined) {
    number = graph.names.length
    graph.numbers.set(event, number)
    graph.names.push(event)
  }
  if (graph.last >= 0) {
    graph.from.push(graph.last)
    graph.to.push(number)
  }
  graph.last = number
}

/** The events that no order can hold (Kahn's algorithm: what is left when all that comes first has been taken). */
function inCircles({ names, from, to }: Graph): number[] {
  const before = new Uint32Array(names.length)
  const first = new Int32Array(names.length).fill(-1)
  const next = new Int32Array(from.length)
  for (let edge = 0; edge < from.length; edge++) {
    before[to[edge]!]!++
    next[edge] = first[from[edge]!]!
    first[from[edge]!] = edge
  }
  const free: number[] = []
  for (let number = 0; number < names.length; number++) if (before[number] === 0) free.push(number)
  for (let number = free.pop(); number !== undefined; number = free.pop()) {
    for (let edge = first[number]!; edge >= 0; edge = next[edge]!) {
      if (--before[to[edge]!]! === 0) free.push(to[edge]!)
    }
  }
  return [...before.keys()].filter((number) => before[number]! > 0)
}
