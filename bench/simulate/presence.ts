/** Who is where: members of each room, by node, and what that means for the traffic between nodes. */

const NODE_BITS = 14
/** A double holds a room and a node exactly. */
const EMPTY = -1

/**
 * A hash table of (room, node) with the number of members there, open addressing, linear probing, holes closed on
 * removal. The sums over all rooms are kept up to date with each step, so that they can be read at any time.
 */
export class Presence {
  readonly #keys: Float64Array
  readonly #counts: Int32Array
  readonly #mask: number
  readonly #members: Int32Array
  /** Nodes that hold members of a room. */
  readonly #spread: Int16Array
  /** Over all rooms, members × (members - 1): deliveries when everybody says something. */
  deliveries = 0
  /** Of these, those within one node. */
  local = 0
  /** Members of rooms that are on more than one node: each thing they say goes to the broker once. */
  remotePeers = 0
  /** The same, counted once for each other node that gets a copy. */
  remoteCopies = 0
  peers = 0
  /** Pairs of a room and a node with members of it: what the broker knows as subscriptions. */
  places = 0

  constructor(peers: number, rooms: number) {
    const size = 2 ** Math.ceil(Math.log2(Math.max(16, peers * 1.6)))
    this.#keys = new Float64Array(size).fill(EMPTY)
    this.#counts = new Int32Array(size)
    this.#mask = size - 1
    this.#members = new Int32Array(rooms)
    this.#spread = new Int16Array(rooms)
  }

  members(room: number): number {
    return this.#members[room]!
  }

  /** Nodes with members of this room. */
  spread(room: number): number {
    return this.#spread[room]!
  }

  /** Members of this room on this node. */
  at(room: number, node: number): number {
    const slot = this.#find(room * 2 ** NODE_BITS + node)
    return this.#keys[slot] === EMPTY ? 0 : this.#counts[slot]!
  }

  add(room: number, node: number): void {
    this.#sum(room, -1)
    const slot = this.#find(room * 2 ** NODE_BITS + node)
    if (this.#keys[slot] === EMPTY) {
      this.#keys[slot] = room * 2 ** NODE_BITS + node
      this.#counts[slot] = 0
      this.#spread[room]!++
      this.places++
    }
    this.local += 2 * this.#counts[slot]!++
    this.#members[room]!++
    this.peers++
    this.#sum(room, 1)
  }

  /** Of a member that was added. */
  remove(room: number, node: number): void {
    this.#sum(room, -1)
    const slot = this.#find(room * 2 ** NODE_BITS + node)
    this.local -= 2 * --this.#counts[slot]!
    if (this.#counts[slot] === 0) {
      this.#close(slot)
      this.#spread[room]!--
      this.places--
    }
    this.#members[room]!--
    this.peers--
    this.#sum(room, 1)
  }

  /** Adds the room's part to the sums, or takes it away. */
  #sum(room: number, sign: number): void {
    const members = this.#members[room]!
    const spread = this.#spread[room]!
    this.deliveries += sign * members * (members - 1)
    if (spread < 2) return
    this.remotePeers += sign * members
    this.remoteCopies += sign * members * (spread - 1)
  }

  /** Where the key is, or would be. */
  #find(key: number): number {
    let slot = this.#home(key)
    while (this.#keys[slot] !== key && this.#keys[slot] !== EMPTY) slot = (slot + 1) & this.#mask
    return slot
  }

  #home(key: number): number {
    const high = Math.floor(key / 2 ** NODE_BITS)
    const word = Math.imul(high, 0x9e3779b1) ^ Math.imul(key % 2 ** NODE_BITS, 0x85ebca6b)
    return (word ^ (word >>> 15)) & this.#mask
  }

  /** Empties a slot; what was pushed past it moves up. */
  #close(slot: number): void {
    let hole = slot
    let next = (hole + 1) & this.#mask
    while (this.#keys[next] !== EMPTY) {
      const home = this.#home(this.#keys[next]!)
      if (((next - home) & this.#mask) >= ((next - hole) & this.#mask)) {
        this.#keys[hole] = this.#keys[next]!
        this.#counts[hole] = this.#counts[next]!
        hole = next
      }
      next = (next + 1) & this.#mask
    }
    this.#keys[hole] = EMPTY
  }
}
