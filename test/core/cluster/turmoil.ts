/**
 * Clients of three nodes that join, leave, speak, lose their sockets and come back, while the network delays and breaks
 * at random; and what must hold in the end.
 */

import * as assert from 'uvu/assert'
import type { EngineName } from '../../../core/engine/engine.js'
import type { Dice } from '../../dice.js'
import { type FakeCluster, FakeNetwork } from './fake-network.js'
import { type TestClient, TestNode } from './node.js'

const ROOMS = ['a', 'b']

/** A message that must arrive, if nothing comes between. */
interface Promised {
  readonly from: TestClient
  readonly to: TestClient
  readonly room: string
  readonly text: string
  /** How often the sender had been told that the receiver left the room. */
  readonly departures: number
}

export class Turmoil {
  readonly #dice: Dice
  readonly #withCuts: boolean
  readonly #network = new FakeNetwork()
  readonly #clusters: FakeCluster[]
  readonly #nodes: TestNode[]
  readonly #clients: TestClient[] = []
  /** Who is in which room, in truth. */
  readonly #members = new Map(ROOMS.map((room) => [room, new Set<TestClient>()]))
  readonly #away = new Set<TestClient>()
  readonly #promised: Promised[] = []
  readonly #asked = new Map<TestClient, number>()
  #cut: [FakeCluster, FakeCluster] | undefined
  #said = 0
  /** How many promises there were that nothing excused. */
  kept = 0

  constructor(engine: EngineName, dice: Dice, withCuts: boolean) {
    this.#dice = dice
    this.#withCuts = withCuts
    this.#clusters = [0, 1, 2].map((i) => this.#network.cluster(`node${i}`))
    this.#nodes = this.#clusters.map((cluster) => new TestNode(engine, cluster))
  }

  async run(steps: number): Promise<void> {
    for (let i = 0; i < 9; i++) this.#clients.push(await this.#nodes[i % 3]!.client())
    for (let i = 0; i < steps; i++) {
      await this.#act()
      for (let more = this.#dice.roll(8); more > 0; more--) this.#network.step(this.#dice.roll(1000) / 1000)
      if (this.#dice.roll(3) === 0) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Everything is mended and comes to rest. */
  async end(): Promise<void> {
    for (const client of this.#away) await client.connect(true)
    this.#away.clear()
    if (this.#cut) this.#network.heal(...this.#cut)
    this.#cut = undefined
    await this.#settle()
  }

  check(what: string): void {
    for (const { bad } of this.#clusters) assert.equal(bad, [], what)
    for (const [room, members] of this.#members) {
      for (const member of members) {
        const others = [...members].filter((one) => one !== member)
        assert.equal(member.others(room), others.map(({ id }) => id).sort(), `${what}: ${room}`)
        // Who was met in both rooms was told twice, of two orders.
        if (ROOMS.every((one) => this.#members.get(one)!.has(member))) continue
        for (const other of others) {
          if (ROOMS.some((one) => one !== room && this.#everIn(other, one))) continue
          if (ROOMS.some((one) => one !== room && this.#everIn(member, one))) continue
          assert.is(member.politeTo(other.id), !other.politeTo(member.id), `${what}: one of two is polite`)
        }
      }
    }
    for (const client of this.#clients) {
      assert.is(client.acked, this.#asked.get(client) ?? 0, `${what}: acknowledged`)
      for (const sender of this.#clients) {
        const numbers = client.heard(sender.id).map((text) => Number(text.split(' ')[1]))
        assert.equal(
          numbers,
          [...new Set(numbers)].sort((a, b) => a - b),
          `${what}: in order, once`,
        )
      }
    }
    let kept = 0
    for (const { from, to, room, text, departures } of this.#promised) {
      if (departuresOf(to, from, room) > departures || isRefused(text, from)) continue
      assert.ok(to.heard(from.id).includes(text), `${what}: ${text} has not arrived`)
      kept++
    }
    this.kept = kept
  }

  #everIn(client: TestClient, room: string): boolean {
    return client.counted.some((message) => message.room === room)
  }

  async #settle(): Promise<void> {
    await this.#network.settle(() => this.#dice.roll(1000) / 1000)
  }

  async #act(): Promise<void> {
    const dice = this.#dice
    const client = dice.pick(this.#clients)
    const room = dice.pick(ROOMS)
    const members = this.#members.get(room)!
    if (this.#away.has(client)) {
      this.#away.delete(client)
      await client.connect(true)
      return
    }
    const isIn = members.has(client)
    await new Promise((resolve) => setImmediate(resolve)) // what the client knows is what its node has told it
    switch (dice.roll(this.#withCuts ? 9 : 8)) {
      case 0:
      case 1:
        if (isIn && dice.roll(3) > 0) break
        this.#request(client, isIn ? { type: 'leave', room } : { type: 'join', room })
        if (isIn) members.delete(client)
        else members.add(client)
        if (isIn) this.#forgetPromises(client, room)
        break
      case 2:
        if (isIn) this.#request(client, { type: 'update', room, data: ++this.#said })
        break
      case 3:
      case 4:
        if (isIn) this.#publish(client, room, members)
        break
      case 5:
      case 6:
        if (isIn) this.#signal(client, room, members)
        break
      case 7:
        if (dice.roll(3) > 0) break
        client.cut()
        this.#away.add(client)
        break
      default:
        this.#breakOrMend()
    }
  }

  #publish(client: TestClient, room: string, members: ReadonlySet<TestClient>): void {
    const data = ++this.#said
    for (const id of client.others(room)) this.#promise(client, id, room, `publish ${data}`, members)
    this.#request(client, { type: 'publish', room, data })
  }

  #signal(client: TestClient, room: string, members: ReadonlySet<TestClient>): void {
    const known = client.others(room)
    if (known.length === 0) return
    const to = this.#dice.pick(known)
    const data = ++this.#said
    this.#promise(client, to, room, `signal ${data}`, members)
    this.#request(client, { type: 'signal', room, to, data })
  }

  /** What a member says is owed to those whom it knows, while they stay as far as it is told. */
  #promise(from: TestClient, id: string, room: string, text: string, members: ReadonlySet<TestClient>): void {
    const to = this.#clients.find((one) => one.id === id)!
    const departures = departuresOf(to, from, room)
    if (members.has(to)) this.#promised.push({ from, to, room, text, departures })
  }

  /** Nothing is owed to who leaves; and who has left a room isn't told any more who else leaves it. */
  #forgetPromises(client: TestClient, room: string): void {
    const isOff = ({ from, to, ...one }: Promised) =>
      one.room === room && (to === client || (this.#withCuts && from === client))
    const kept = this.#promised.filter((one) => !isOff(one))
    this.#promised.splice(0, this.#promised.length, ...kept)
  }

  #request(client: TestClient, message: object): void {
    const id = client.request(message)
    this.#asked.set(client, id)
    const { type, data } = message as { type: string; data?: unknown }
    client.asked.set(id, `${type} ${data}`)
  }

  #breakOrMend(): void {
    if (this.#cut) {
      this.#network.heal(...this.#cut)
      this.#cut = undefined
    } else {
      const at = this.#dice.roll(3)
      this.#cut = [this.#clusters[at]!, this.#clusters[(at + 1) % 3]!]
      this.#network.cut(...this.#cut)
    }
  }
}

/** How often a client was told that another one has left a room. */
const departuresOf = ({ id }: TestClient, told: TestClient, room: string): number =>
  told.of('peer-left').filter((message) => message.room === room && message.peer.id === id).length

/** Whether the sender was told that nobody had it: the message's number is its data. */
const isRefused = (text: string, from: TestClient): boolean =>
  from.of('error').some(({ id }) => from.asked.get(id) === text)
