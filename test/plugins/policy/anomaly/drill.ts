/**
 * Normal traffic and ten attacks against policy `anomaly`, on a clock of its own: how many false alarms, and how soon
 * each attack is noticed, slowed down and ended. `npm run anomaly` prints it.
 */

import { fileURLToPath } from 'node:url'
import { pino } from 'pino'
import { LOADS, type Load } from '../../../../bench/load/loads.js'
import type { Ban } from '../../../../core/access/bans.js'
import type { Policy } from '../../../../core/contracts/policy.js'
import { type ErrorCode, SignalError } from '../../../../core/errors.js'
import anomaly from '../../../../plugins/policy/anomaly.js'
import { construct } from '../../../contract/construct.js'
import { Dice } from '../../../dice.js'

/** What was logged of a step: `anomaly.ts` says the rest. */
export interface Noticed {
  readonly at: number
  readonly action: string
  readonly figure: string
}

/** A policy, a clock, and the peers that come and go: what the hub would ask and tell, in its order. */
export class Drill {
  readonly noticed: Noticed[] = []
  readonly banned: (Ban & { at: number })[] = []
  /** When something was refused for the first time, milliseconds; -1: never. */
  refusedAt = -1
  now = 0
  readonly #policy: Policy
  #slots = 0

  constructor(options: object = {}) {
    const logger = pino(
      { base: null },
      {
        write: (line: string) => {
          const { action, figure } = JSON.parse(line)
          this.noticed.push({ at: this.now, action, figure })
        },
      },
    )
    const bans = {
      ban: (ban: Ban) => void this.banned.push({ ...ban, at: this.now }),
      leftMs: () => 0,
      lift() {},
    }
    this.#policy = construct(anomaly, { exempt: [], ...options }, { bans, logger })
  }

  /** The slot, or -1 when the policy refuses. */
  connect(principal: string, address: string, fails?: ErrorCode): number {
    const policy = this.#policy
    const slot = this.#slots++
    const who = { id: principal, grants: {} }
    const isIn =
      this.#asks(() => policy.onAttempt!({ address, resumes: false, now: this.now })) &&
      fails === undefined &&
      this.#asks(() =>
        policy.onConnect!({ principal: who, peer: 'p', slot, address, now: this.now, iceServers: [] }),
      )
    if (isIn) return slot
    policy.onDisconnect!(slot)
    this.refuse(fails ?? 'E_RATE', -1, address)
    return -1
  }

  disconnect(slot: number): void {
    this.#policy.onDisconnect!(slot)
  }

  join(slot: number, room: number, members: number): boolean {
    const principal = { id: '', grants: {} }
    const context = { principal, peer: 'p', slot, room: '', roomNumber: room, members, now: this.now }
    return this.#asks(() => this.#policy.onJoin!(context))
  }

  say(
    slot: number,
    kind: 'publish' | 'candidate' | 'offer' | 'answer' | 'signal' | 'leave',
    recipients: number,
  ): boolean {
    const principal = { id: '', grants: {} }
    const about = { principal, peer: 'p', slot, room: '', roomNumber: 0, lengthBytes: 300, now: this.now }
    return this.#asks(() => this.#policy.onMessage!({ ...about, kind, recipients }))
  }

  refuse(code: ErrorCode, slot: number, address: string): boolean {
    return this.#asks(() => this.#policy.onRefused!({ code, address, slot, now: this.now }))
  }

  #asks(ask: () => unknown): boolean {
    try {
      ask()
      return true
    } catch (error) {
      if (!(error instanceof SignalError)) throw error
      if (this.refusedAt === -1) this.refusedAt = this.now
      return false
    }
  }
}

/** Messages a second of one member of a small room, and of all members of a large one: people, not machines. */
const MEMBER_RATE = 10
const LARGE_ROOM_RATE = 40
const LARGE_ROOM = 20
/** People who leave a room and join it again, a second and room. */
const REJOIN_RATE = 1
/** People who share an address, such as an office. */
const OFFICE = 25

interface Member {
  readonly slot: number
  readonly room: number
  readonly address: string
}

/** The members of a load come in: offices of some people, everybody with a name. */
function gather(drill: Drill, { name, rooms, members }: Load): Member[] {
  return Array.from({ length: rooms * members }, (_, i) => {
    const address = `10.0.${Math.floor(i / OFFICE) >> 8}.${Math.floor(i / OFFICE) & 255}`
    const room = Math.floor(i / members)
    const slot = drill.connect(`${name}-${i}`, address)
    drill.join(slot, room, i % members)
    return { slot, room, address }
  })
}

/** Messages a second and room. */
function paceOf({ members, script }: Load): number {
  if (script.flat().every(({ say }) => say === 'rejoin')) return REJOIN_RATE
  return members > LARGE_ROOM ? LARGE_ROOM_RATE : members * MEMBER_RATE
}

/** `messages` messages of a benchmark's load, at the pace of people; now and then one goes to somebody who has just left. */
export function play(drill: Drill, load: Load, messages: number, random: Dice): number {
  const people = gather(drill, load)
  const recipients = load.members - 1
  const steps = load.script.flat()
  const perSecond = load.rooms * paceOf(load)
  const start = drill.now
  let sent = 0
  for (let turn = 0; sent < messages; turn++) {
    const { by, say, times = 1 } = steps[Math.floor(turn / load.rooms) % steps.length]!
    const room = turn % load.rooms
    const member = people[room * load.members + (by < 0 ? random.roll(load.members) : by)]!
    for (let i = 0; i < times; i++, sent++) {
      drill.now = start + (sent / perSecond) * 1000
      if (say === 'rejoin') {
        drill.say(member.slot, 'leave', 0)
        drill.join(member.slot, room, recipients)
      } else if (random.roll(500) === 0) {
        drill.refuse('E_NO_PEER', member.slot, member.address)
      } else {
        drill.say(member.slot, say, say === 'publish' ? recipients : 1)
      }
    }
  }
  for (const { slot } of people) drill.disconnect(slot)
  drill.now += 5000
  return sent
}

/** An office of a thousand comes back after a restart: everybody at once, with an old ticket, and sets a call up. */
function comeBack(drill: Drill): number {
  const slots = Array.from({ length: 1000 }, (_, i) => {
    drill.now += 1
    return drill.connect(`office-${i}`, '198.51.100.1')
  })
  for (const slot of slots) {
    drill.refuse('E_RESUME', slot, '198.51.100.1')
    drill.join(slot, slot % 250, 3)
  }
  for (let i = 0; i < 60; i++) {
    for (const slot of slots) drill.say(slot, 'candidate', 1)
    drill.now += 50
  }
  for (const slot of slots) drill.disconnect(slot)
  drill.now += 20_000
  return slots.length * 60
}

/** Normal traffic: the benchmarks' loads one after the other, and offices that come back in between. */
export function normalTraffic(messages: number): { messages: number; seconds: number; drill: Drill } {
  const drill = new Drill()
  const random = new Dice(7)
  let sent = 0
  for (const load of LOADS) sent += play(drill, load, messages / LOADS.length, random) + comeBack(drill)
  return { messages: sent, seconds: drill.now / 1000, drill }
}

const ADDRESS = '203.0.113.66'

/** One step of an attack, and how many such steps it makes a second. The attacker's first connection is `slot`. */
interface Attack {
  readonly name: string
  readonly perSecond: number
  readonly step: (drill: Drill, slot: number, i: number) => void
}

const reconnecting =
  (code?: ErrorCode) =>
  (drill: Drill): void => {
    const slot = drill.connect('mallory', ADDRESS)
    if (slot === -1) return
    if (code) drill.refuse(code, slot, ADDRESS)
    drill.disconnect(slot)
  }

export const ATTACKS: readonly Attack[] = [
  { name: 'flood', perSecond: 5000, step: (drill, slot) => drill.say(slot, 'publish', 3) },
  {
    name: 'join scan',
    perSecond: 50,
    step: (drill, slot, i) => {
      if (i % 2 === 0) drill.refuse('E_FORBIDDEN', slot, ADDRESS)
      else if (drill.join(slot, -1, 0)) drill.say(slot, 'leave', 0)
    },
  },
  { name: 'id guessing', perSecond: 200, step: (drill, slot) => drill.refuse('E_NO_PEER', slot, ADDRESS) },
  { name: 'reconnect storm', perSecond: 50, step: reconnecting() },
  { name: 'slow drip', perSecond: 20, step: (drill, _, i) => drill.connect(`mallory-${i}`, ADDRESS) },
  { name: 'malformed burst', perSecond: 100, step: (drill, slot) => drill.refuse('E_JSON', slot, ADDRESS) },
  { name: 'ticket guessing', perSecond: 20, step: reconnecting('E_RESUME') },
  {
    name: 'credential stuffing',
    perSecond: 20,
    step: (drill) => drill.connect('nobody', ADDRESS, 'E_AUTH'),
  },
  { name: 'amplification', perSecond: 100, step: (drill, slot) => drill.say(slot, 'publish', 999) },
  { name: 'candidate spam', perSecond: 1000, step: (drill, slot) => drill.say(slot, 'candidate', 1) },
]

export interface Outcome {
  readonly name: string
  /** Seconds from the attack's first step; Infinity: never. */
  readonly noticedAfter: number
  readonly refusedAfter: number
  readonly bannedAfter: number
  readonly because: string
  /** How many steps of the attack came before the ban. */
  readonly steps: number
}

/** Lets an attack run among normal traffic until the attacker is banned, or for two minutes. */
export function attack({ name, perSecond, step }: Attack): Outcome {
  const drill = new Drill()
  for (const load of LOADS.slice(0, 4)) play(drill, load, 2500, new Dice(7))
  drill.refusedAt = -1
  const slot = drill.connect('mallory', ADDRESS)
  const start = drill.now
  let steps = 0
  while (drill.banned.length === 0 && drill.now < start + 120_000) {
    step(drill, slot, steps)
    steps++
    drill.now = start + (steps / perSecond) * 1000
  }
  const after = (at: number | undefined): number =>
    at === undefined || at < start ? Number.POSITIVE_INFINITY : (at - start) / 1000
  return {
    name,
    noticedAfter: after(drill.noticed[0]?.at),
    refusedAfter: after(drill.refusedAt),
    bannedAfter: after(drill.banned[0]?.at),
    because: drill.banned[0]?.why ?? 'not banned',
    steps,
  }
}

function main(): void {
  const startedAt = process.cpuUsage()
  const { messages, seconds, drill } = normalTraffic(1_000_000)
  const alarms = drill.noticed.length
  const people = `${messages.toLocaleString('en')} messages in ${Math.round(seconds / 60)} minutes`
  console.log(
    `normal traffic: ${people}: ${alarms} false alarms (${((100 * alarms) / messages).toFixed(6)} %)`,
  )
  for (const { at, figure, action } of drill.noticed.slice(0, 10))
    console.log(`  ${at / 1000} s: ${figure}: ${action}`)
  console.log(`\n${'attack'.padEnd(22)}noticed   slowed    banned   steps  why`)
  for (const one of ATTACKS) {
    const { name, noticedAfter, refusedAfter, bannedAfter, because, steps } = attack(one)
    const times = [noticedAfter, refusedAfter, bannedAfter]
      .map((s) => `${s.toFixed(2)} s`.padStart(8))
      .join('  ')
    console.log(`${name.padEnd(20)}${times}  ${String(steps).padStart(6)}  ${because}`)
  }
  console.log(`\n${(process.cpuUsage(startedAt).user / 1e6).toFixed(1)} s of CPU time`)
}

if (process.argv[1] === fileURLToPath(import.meta.url)) main()
