/**
 * Token buckets for each connection, user, address and room. Who takes too much is told to wait (E_RATE); who goes on
 * is closed (E_FLOOD); who comes back and does it again is banned for a while (E_BANNED).
 */

import {
  type AttemptContext,
  addressKey,
  BANS,
  type BanList,
  type ConnectContext,
  definePlugin,
  type ErrorCode,
  inject,
  injectable,
  type JoinContext,
  type MessageContext,
  Networks,
  OPTIONS,
  type Policy,
  type RefusedContext,
  SignalError,
  Subjects,
} from '../../core/api.js'
import { Buckets, type Rate } from './rate-limit/buckets.js'
import { type Options, options } from './rate-limit/options.js'

/** The resources, as the buckets of every scope number them. */
const MESSAGES = 0
const BYTES = 1
const JOINS = 2
const CONNECTS = 3
/** Of a connection: refusals. Of users and addresses: closes. */
const OFFENCES = 4

/** What a refused attempt to connect counts beside a close: it has cost less. */
const REFUSED_ATTEMPT = 0.01
/** Users and addresses that are remembered at a time. */
const SUBJECTS = 131_072
const NOBODY = -1

/** Refusals of our own; they are counted where they are made. */
const OUR_CODES: ReadonlySet<ErrorCode> = new Set(['E_RATE', 'E_FLOOD', 'E_BANNED'])

@injectable()
class RateLimit implements Policy {
  readonly #bans: BanList
  readonly #banMs: number
  readonly #fanOutCost: number
  readonly #connectionsPerAddress: number
  readonly #exempt: Networks
  readonly #connection: Buckets
  readonly #user: Buckets
  readonly #address: Buckets
  /** A room's number goes to another one when it is empty; what the last one spent is back within seconds. */
  readonly #room: Buckets
  readonly #users: Subjects
  readonly #addresses: Subjects
  /** By slot: the numbers of who is connected there, or NOBODY. */
  readonly #userOf: number[] = []
  readonly #addressOf: number[] = []

  constructor(@inject(OPTIONS) chosen: Options, @inject(BANS) bans: BanList) {
    const { connection, user, address, room, patience, closes } = chosen
    this.#bans = bans
    this.#banMs = chosen.banSeconds * 1000
    this.#fanOutCost = chosen.fanOutCost
    this.#connectionsPerAddress = address.connections
    this.#exempt = new Networks(chosen.exempt, 'exempt')
    this.#connection = new Buckets([...ratesOf(connection), undefined, rateOf(patience)])
    this.#user = new Buckets([...ratesOf(user), rateOf(user.connects), rateOf(closes)])
    this.#address = new Buckets([...ratesOf(address), rateOf(address.connects), rateOf(closes)])
    this.#room = new Buckets(ratesOf(room))
    this.#users = new Subjects(SUBJECTS, (user) => this.#user.reset(user))
    this.#addresses = new Subjects(SUBJECTS, (address) => this.#address.reset(address))
  }

  /** Before auth, so that guessing tokens is limited too. */
  onAttempt({ address, now }: AttemptContext): void {
    const number = this.#holdAddress(address)
    if (number === NOBODY) return
    try {
      if (this.#addresses.holds(number) > this.#connectionsPerAddress) {
        throw new SignalError('E_RATE', 'too many connections from your address', 1000)
      }
      const waitMs = this.#address.take(number, CONNECTS, 1, now)
      if (waitMs === 0) return
      if (this.#address.take(number, OFFENCES, REFUSED_ATTEMPT, now) > 0)
        this.#banAddress(number, 'attempts to connect')
      throw new SignalError('E_RATE', 'too many attempts to connect from your address', waitMs)
    } finally {
      this.#addresses.release(number)
    }
  }

  onConnect({ slot, principal, address, now }: ConnectContext): void {
    this.onDisconnect(slot)
    const user = principal.shared ? NOBODY : this.#users.hold(principal.id)
    this.#userOf[slot] = user
    this.#addressOf[slot] = this.#holdAddress(address)
    this.#connection.reset(slot)
    if (user === NOBODY) return
    const waitMs = this.#user.take(user, CONNECTS, 1, now)
    if (waitMs > 0) throw new SignalError('E_RATE', 'too many connections by you', waitMs)
  }

  onDisconnect(slot: number): void {
    this.#users.release(this.#userOf[slot] ?? NOBODY)
    this.#addresses.release(this.#addressOf[slot] ?? NOBODY)
    this.#userOf[slot] = NOBODY
    this.#addressOf[slot] = NOBODY
  }

  onJoin({ slot, roomNumber, members, now }: JoinContext): void {
    const cost = 1 + members * this.#fanOutCost
    const waitMs = this.#takeAll(slot, JOINS, cost, now) || this.#takeRoom(roomNumber, JOINS, 1, now)
    if (waitMs > 0) this.#refuse(slot, 'joins', waitMs, now)
  }

  /** The hot path: a few additions and comparisons. What one bucket gave for a message that the next refuses is gone. */
  onMessage({ slot, roomNumber, lengthBytes, recipients, now }: MessageContext): void {
    const cost = recipients > 1 ? 1 + (recipients - 1) * this.#fanOutCost : 1
    const waitMs =
      this.#takeAll(slot, MESSAGES, cost, now) ||
      this.#takeAll(slot, BYTES, lengthBytes, now) ||
      this.#takeRoom(roomNumber, MESSAGES, recipients, now) ||
      this.#takeRoom(roomNumber, BYTES, recipients * lengthBytes, now)
    if (waitMs > 0) this.#refuse(slot, 'messages', waitMs, now)
  }

  /** What others refuse costs a message as well: an error is sent for each. */
  onRefused({ code, slot, now }: RefusedContext): void {
    if (slot === -1 || OUR_CODES.has(code)) return
    if (this.#takeAll(slot, MESSAGES, 1, now) > 0) this.#offend(slot, now)
  }

  /** From the connection, its user and its address; the wait of the first that has nothing left, or 0. */
  #takeAll(slot: number, resource: number, tokens: number, now: number): number {
    const waitMs = this.#connection.take(slot, resource, tokens, now)
    if (waitMs > 0) return waitMs
    const user = this.#userOf[slot]!
    if (user >= 0) {
      const userMs = this.#user.take(user, resource, tokens, now)
      if (userMs > 0) return userMs
    }
    const address = this.#addressOf[slot]!
    return address >= 0 ? this.#address.take(address, resource, tokens, now) : 0
  }

  #takeRoom(room: number, resource: number, tokens: number, now: number): number {
    return room >= 0 ? this.#room.take(room, resource, tokens, now) : 0
  }

  #refuse(slot: number, what: string, waitMs: number, now: number): never {
    this.#offend(slot, now)
    throw new SignalError('E_RATE', `too many ${what}; wait ${Math.ceil(waitMs)} ms`, waitMs)
  }

  /** Counts a refusal. Where there were too many, closes; where that was done too often, bans. */
  #offend(slot: number, now: number): void {
    if (this.#connection.take(slot, OFFENCES, 1, now) === 0) return
    const user = this.#userOf[slot]!
    const address = this.#addressOf[slot]!
    if (user >= 0 && this.#user.take(user, OFFENCES, 1, now) > 0) {
      this.#ban('principal', this.#users.nameOf(user), 'messages')
    }
    if (address >= 0 && this.#address.take(address, OFFENCES, 1, now) > 0) {
      this.#banAddress(address, 'messages')
    }
    throw new SignalError('E_FLOOD')
  }

  #banAddress(address: number, what: string): void {
    this.#ban('address', this.#addresses.nameOf(address), what)
  }

  #ban(kind: 'address' | 'principal', name: string, what: string): never {
    this.#bans.ban({ kind, name, forMs: this.#banMs, why: `rate-limit: too many ${what}, again and again` })
    throw new SignalError('E_BANNED', undefined, this.#banMs)
  }

  #holdAddress(address: string): number {
    return this.#exempt.has(address) ? NOBODY : this.#addresses.hold(addressKey(address))
  }
}

const rateOf = (limit: readonly number[] | false): Rate | undefined =>
  limit === false ? undefined : { perSecond: limit[0]!, burst: limit[1]! }

const ratesOf = ({ messages, bytes, joins }: Pick<Options['room'], 'messages' | 'bytes' | 'joins'>) =>
  [messages, bytes, joins].map(rateOf)

export default definePlugin({
  kind: 'policy',
  name: 'rate-limit',
  description: 'Limits what one connection, user, address or room may take: wait, then close, then a ban.',
  options,
  useClass: RateLimit,
})
