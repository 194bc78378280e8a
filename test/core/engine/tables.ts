import { type Engine, type EngineFault, RIGHTS, type Survival } from '../../../core/engine/engine.js'

interface Member {
  readonly slot: number
  readonly rights: number
}

/** What a hub knows of its peers and rooms: changed before the engines are told, as `Survival` wants it. */
export class Tables implements Survival {
  readonly faults: EngineFault[] = []
  readonly #engines: readonly Engine[]
  readonly #peers = new Map<number, string>()
  readonly #rooms = new Map<number, { readonly name: string; readonly members: Member[] }>()

  constructor(...engines: Engine[]) {
    this.#engines = engines
    for (const engine of engines) engine.survive?.(this)
  }

  replay(engine: Engine): void {
    for (const [slot, id] of this.#peers) engine.addPeer(slot, id)
    for (const [number, { name, members }] of this.#rooms) {
      engine.addRoom(number, name)
      for (const { slot, rights } of members) engine.join(slot, number, rights)
    }
  }

  told(fault: EngineFault): void {
    this.faults.push(fault)
  }

  addPeer(slot: number, id: string): void {
    this.#peers.set(slot, id)
    for (const engine of this.#engines) engine.addPeer(slot, id)
  }

  removePeer(slot: number): void {
    for (const [number, { members }] of this.#rooms) {
      if (members.some((member) => member.slot === slot)) this.leave(slot, number)
    }
    this.#peers.delete(slot)
    for (const engine of this.#engines) engine.removePeer(slot)
  }

  addRoom(number: number, name: string): void {
    this.#rooms.set(number, { name, members: [] })
    for (const engine of this.#engines) engine.addRoom(number, name)
  }

  removeRoom(number: number): void {
    this.#rooms.delete(number)
    for (const engine of this.#engines) engine.removeRoom(number)
  }

  join(slot: number, number: number, rights: number = RIGHTS.signal | RIGHTS.publish): void {
    const before = this.#engines.map((engine) => engine.join(slot, number, rights))
    if (before.every((joined) => joined)) this.members(number).push({ slot, rights })
  }

  leave(slot: number, number: number): void {
    const members = this.members(number)
    const position = members.findIndex((member) => member.slot === slot)
    const last = members.pop()!
    if (last.slot !== slot) members[position] = last
    for (const engine of this.#engines) engine.leave(slot, number)
  }

  members(number: number): Member[] {
    return this.#rooms.get(number)!.members
  }
}
