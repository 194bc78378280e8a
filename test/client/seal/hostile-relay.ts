/**
 * A server that is the enemy: it reads what passes, and may change it, swap it, keep it, repeat it, or lie about who is
 * there. It carries sealed rooms, without a session between.
 */

import type { ClientErrorCode, SignalboxError } from '../../../client/errors.js'
import type { Request } from '../../../client/outbox.js'
import type { RoomControls, RoomMessage } from '../../../client/room-link.js'
import type { Seal } from '../../../client/seal/index.js'
import type { Json } from '../../../core/protocol.js'
import { until } from '../../live-server.js'

export type Relayed = Extract<RoomMessage, { from: string }>

/** What one member has heard and been told. */
export interface Member {
  readonly id: string
  readonly heard: Relayed[]
  /** Whom it was told to have come. */
  readonly known: ReadonlySet<string>
  readonly failures: { readonly peer: string; readonly code: ClientErrorCode | (string & {}) }[]
  /** As the session drives its room. */
  readonly controls: RoomControls
  say(message: Request): Promise<void>
}

export class HostileRelay {
  /** By how much its members' clocks hurry: what never comes is then given up soon. */
  hurry = 1
  readonly members = new Map<string, Member>()
  /** Everything that went over the wire, to whom. */
  readonly log: { readonly to: string; readonly message: Relayed }[] = []
  /** What becomes of a message on its way; at first nothing. */
  tamper: (to: string, message: Relayed) => readonly Relayed[] = (_to, message) => [message]
  /** What the sender is told. */
  answer: (message: Request) => SignalboxError | undefined = () => undefined
  readonly room: string

  constructor(room = 'kitchen') {
    this.room = room
  }

  /** Lets somebody in, and resolves when the others have been told. Without a seal: somebody who knows of none. */
  async join(id: string, seal: Seal | undefined): Promise<Member> {
    let controls!: RoomControls
    const inner = {
      clock: {
        now: () => performance.now(),
        random: () => Math.random(),
        after: (ms: number, callback: () => void) => {
          const timer = setTimeout(callback, ms / this.hurry)
          return () => clearTimeout(timer)
        },
      },
      ownId: () => id,
      leaving: () => {},
      createConnection: (): never => {
        throw new Error('signaling only')
      },
      request: async (message: Request) => {
        const refusal = this.answer(message)
        if (refusal) throw refusal
        this.#relay(id, message)
      },
      attach: (sealed: RoomControls) => {
        controls = sealed
      },
    }
    const link = seal?.room(this.room, inner) ?? inner
    const heard: Relayed[] = []
    const known = new Set<string>()
    const failures: Member['failures'][number][] = []
    link.attach({
      data: undefined,
      joined: () => {},
      receive: (message) => {
        if ('from' in message) heard.push(message)
        else if (message.type === 'peer-joined') known.add(message.peer.id)
      },
      waiting: () => {},
      atDoor: () => {},
      suspended: () => {},
      resumed: () => {},
      failed: (peer, { code }) => void failures.push({ peer, code }),
      ended: () => {},
    })
    const others = [...this.members.keys()].map((other) => ({ id: other, data: null, polite: true }))
    const member: Member = { id, heard, known, failures, controls, say: (message) => link.request(message) }
    this.members.set(id, member)
    controls.joined(others)
    for (const other of others) this.#arrives(other.id, id)
    await until(() => others.every((other) => this.members.get(other.id)!.known.has(id)))
    return member
  }

  leave(id: string): void {
    this.members.get(id)!.controls.ended(undefined)
    this.members.delete(id)
    for (const { controls } of this.members.values()) {
      controls.receive({ type: 'peer-left', room: this.room, peer: { id } })
    }
  }

  /** Tells one that another has come, true or not. */
  #arrives(to: string, id: string): void {
    const peer = { id, data: null, polite: false }
    this.members.get(to)!.controls.receive({ type: 'peer-joined', room: this.room, peer })
  }

  /** Tells one that another has left and come back, which isn't so. */
  flap(to: string, id: string): void {
    this.members.get(to)!.controls.receive({ type: 'peer-left', room: this.room, peer: { id } })
    this.#arrives(to, id)
  }

  /** Says something in somebody's name. */
  inject(to: string, message: Relayed): void {
    this.members.get(to)?.controls.receive(message)
  }

  #relay(from: string, message: Request): void {
    if (!('room' in message) || message.type === 'moderate') return
    if (message.type === 'join' || message.type === 'leave' || message.type === 'update') return
    const { type, room, data } = message
    const receivers = 'to' in message ? [message.to] : [...this.members.keys()].filter((id) => id !== from)
    for (const to of receivers) {
      const relayed = { type, room, from, data } as Relayed
      this.log.push({ to, message: relayed })
      for (const one of this.tamper(to, relayed)) this.inject(to, one)
    }
  }
}

/** Whether a message is what an app or a negotiation has said, and not part of the greeting. */
export const isSaid = ({ data }: Relayed): boolean => {
  const { seal } = data as { seal?: { box?: Json; hello?: Json } }
  return seal?.box !== undefined && seal.hello === undefined
}
