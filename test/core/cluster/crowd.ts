/**
 * Several nodes, clients that talk without end, and some that move from node to node meanwhile, all by the dice: what
 * travels between nodes keeps its order and takes as long as it likes. Afterwards everybody is asked what came.
 */

import type { EngineName } from '../../../core/engine/engine.js'
import { Dice } from '../../dice.js'
import { FakeNetwork } from './fake-network.js'
import { TestNode } from './node.js'
import { Traveller } from './traveller.js'

const ROOM = 'r'
const TYPES = ['offer', 'answer', 'candidate', 'signal'] as const

interface Sent {
  readonly by: Traveller
  /** Undefined: everybody. */
  readonly to: Traveller | undefined
  readonly text: string
  readonly id: number
}

export interface CrowdOptions {
  readonly engine: EngineName
  readonly seed: number
  readonly nodes: number
  readonly movers: number
  readonly steps: number
  /** Whether links are cut and come to life again. */
  readonly cuts?: boolean
}

export class Crowd {
  readonly network = new FakeNetwork()
  readonly nodes: TestNode[]
  readonly residents: Traveller[] = []
  readonly movers: Traveller[] = []
  readonly #options: CrowdOptions
  readonly #dice: Dice
  readonly #sent: Sent[] = []
  readonly #lines: string[]
  readonly #coming = new Set<Promise<unknown>>()
  #moves = 0

  constructor(options: CrowdOptions) {
    const { engine, seed, nodes } = options
    this.#options = options
    this.#dice = new Dice(seed)
    const clusters = Array.from({ length: nodes }, (_, i) => this.network.cluster(`node${i}`))
    this.nodes = clusters.map((cluster) => new TestNode(engine, cluster, { limits: { resumeMs: 3_600_000 } }))
    this.#lines = clusters.flatMap(({ incarnation: from }) =>
      clusters.filter((to) => to.incarnation !== from).map((to) => `${from} to ${to.incarnation}`),
    )
  }

  get everybody(): Traveller[] {
    return [...this.residents, ...this.movers]
  }

  /** Times that somebody came to another node. */
  get moves(): number {
    return this.#moves
  }

  /** One resident at each node, and those who will move; all in one room, and aware of each other. */
  async assemble(): Promise<void> {
    for (const [i, node] of this.nodes.entries())
      this.residents.push(await this.#arrive(`resident ${i}`, node))
    for (let i = 0; i < this.#options.movers; i++) {
      this.movers.push(await this.#arrive(`mover ${i}`, this.#dice.pick(this.nodes)))
    }
    await this.network.settle()
    for (const one of this.everybody) one.read()
  }

  async live(): Promise<void> {
    for (let step = 0; step < this.#options.steps; step++) {
      this.#act()
      for (let i = this.#dice.roll(6); i > 0; i--) this.network.step(this.#dice.roll(1000) / 1000)
      if (this.#dice.roll(3) === 0) await tick()
    }
  }

  /** Everything arrives, and everybody is somewhere. */
  async rest(): Promise<void> {
    this.network.frozen.clear()
    for (let round = 0; round < 200; round++) {
      await this.network.settle(() => this.#dice.roll(1000) / 1000)
      for (const node of this.nodes) node.clock.advance(100)
      await this.network.settle()
      const away = this.everybody.filter(({ isConnected }) => !isConnected)
      if (away.length === 0 && this.#coming.size === 0) break
      if (this.#coming.size === 0) for (const one of away) this.#come(one, this.#dice.pick(this.nodes))
    }
    await this.network.settle()
    for (const one of this.everybody) one.read()
  }

  /** What is wrong with what everybody was told, in words. */
  faults(): string[] {
    const faults: string[] = []
    const ids = new Map(this.everybody.map((one) => [one.id, one]))
    for (const one of this.everybody) {
      if (!one.isConnected) faults.push(`${one.name} is nowhere`)
      if (one.losses > 0) faults.push(`${one.name} has lost its session`)
      for (const [id, code] of one.errors) faults.push(`${one.name} was refused ${id}: ${code}`)
      const others = this.everybody.filter((other) => other !== one).map(({ id }) => id)
      if (others.sort().join() !== one.others(ROOM).join()) faults.push(`${one.name} does not see all`)
      const left = one.counted.filter(({ type }) => type === 'peer-left')
      if (left.length > 0) faults.push(`${one.name} saw ${left.length} leave`)
      for (const other of this.everybody.filter((other) => other !== one)) {
        const meant = this.#sent.filter(({ by, to }) => by === other && (to === undefined || to === one))
        const came = one.counted.filter(({ from }) => ids.get(from) === other).map(({ data }) => data)
        const want = meant.map(({ text }) => text)
        if (came.join() !== want.join()) {
          faults.push(`${one.name} heard of ${other.name}: ${came.join(' ')}, not ${want.join(' ')}`)
        }
      }
    }
    for (const { by, id, text } of this.#sent) {
      if (by.acked < id) faults.push(`${by.name} waits for the acknowledgement of ${text}`)
    }
    return faults
  }

  async #arrive(name: string, node: TestNode): Promise<Traveller> {
    const traveller = new Traveller(name)
    await traveller.come(node)
    traveller.join(ROOM)
    await this.network.settle()
    return traveller
  }

  #act(): void {
    const dice = this.#dice
    const what = dice.roll(20)
    if (what < 8) this.#speak(dice.pick(this.everybody))
    else if (what < 11 && this.movers.length > 0) this.#come(dice.pick(this.movers), dice.pick(this.nodes))
    else if (what < 12 && this.movers.length > 0) dice.pick(this.movers).cut()
    else if (what < 13) this.network.frozen.add(dice.pick(this.#lines))
    else if (what < 16) this.network.frozen.clear()
    else if (what < 17) dice.pick(this.nodes).clock.advance(dice.roll(40))
  }

  #speak(by: Traveller): void {
    const others = this.everybody.filter((one) => one !== by)
    const to = this.#dice.roll(2) === 0 ? undefined : this.#dice.pick(others)
    const text = `${this.#sent.length}`
    const type = to === undefined ? 'publish' : this.#dice.pick(TYPES)
    const id = by.request({ type, room: ROOM, data: text, ...(to && { to: to.id }) })
    this.#sent.push({ by, to, text, id })
  }

  #come(who: Traveller, node: TestNode): void {
    this.#moves++
    const [told, lost] = [this.#dice.roll(2) === 0, this.#dice.roll(2) === 0]
    const coming = who.come(node, { told, lost }).finally(() => this.#coming.delete(coming))
    this.#coming.add(coming)
  }
}

const tick = () => new Promise<void>((resolve) => setImmediate(resolve))
