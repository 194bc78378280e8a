/**
 * Notices who does what nobody does: floods, scans, guesses. It learns what is customary for each principal, each address
 * and everybody; what is far beyond is logged, then slowed down, then closed, then banned for a while. Every step is
 * logged with the figure that exceeded its limit.
 */

import {
  type AttemptContext,
  addressKey,
  BANS,
  type BanKind,
  type BanList,
  type ConnectContext,
  definePlugin,
  inject,
  injectable,
  type JoinContext,
  LOGGER,
  type Logger,
  type MessageContext,
  Networks,
  OPTIONS,
  type Policy,
  type RefusedContext,
  SignalError,
  type Static,
  Type,
} from '../../core/api.js'
import {
  ATTEMPTS,
  CANDIDATES,
  DELIVERIES,
  figureOf,
  JOINS,
  MESSAGES,
  WRONG_TICKETS,
  WRONG_TOKENS,
} from './anomaly/figures.js'
import { BAN, CLOSE, type Finding, NOTHING, Profiles, STEPS, THROTTLE } from './anomaly/profiles.js'

const options = Type.Object({
  sensitivity: Type.Number({
    minimum: 2,
    maximum: 20,
    default: 6,
    description: 'how many deviations above what is customary a figure must be to be too much',
  }),
  respond: Type.Union(
    (['log', 'throttle', 'close', 'ban'] as const).map((step) => Type.Literal(step)),
    { default: 'ban', description: 'the most that is done; `log` to see what it would find' },
  ),
  banSeconds: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 300,
    description: 'how long a ban lasts',
  }),
  exempt: Type.Array(Type.String(), {
    default: ['127.0.0.0/8', '::1'],
    description: 'networks whose addresses are not watched',
  }),
})

const NOBODY = -1
@injectable()
class Anomaly implements Policy {
  readonly #bans: BanList
  readonly #banMs: number
  readonly #most: number
  readonly #exempt: Networks
  readonly #logger: Logger
  readonly #principals: Profiles
  readonly #addresses: Profiles
  /** By slot. */
  readonly #principalOf: number[] = []
  readonly #addressOf: number[] = []
  readonly #hasJoined: boolean[] = []

  constructor(
    @inject(OPTIONS) { sensitivity, respond, banSeconds, exempt }: Static<typeof options>,
    @inject(BANS) bans: BanList,
    @inject(LOGGER) logger: Logger,
  ) {
    this.#bans = bans
    this.#banMs = banSeconds * 1000
    this.#most = STEPS.indexOf(respond)
    this.#exempt = new Networks(exempt, 'exempt')
    this.#logger = logger
    this.#principals = new Profiles(sensitivity, (finding) => this.#report('principal', finding))
    this.#addresses = new Profiles(sensitivity, (finding) => this.#report('address', finding))
  }

  onAttempt({ address, now }: AttemptContext): void {
    const subject = this.#holdAddress(address)
    if (subject === NOBODY) return
    const step = this.#addresses.add(subject, ATTEMPTS, 1, now)
    this.#addresses.attempted(subject, 1)
    const waitMs = this.#addresses.waitMs(subject, now)
    this.#addresses.release(subject)
    this.#refuse(step === CLOSE ? THROTTLE : step, Math.max(1, waitMs))
  }

  onConnect({ slot, principal, address, now }: ConnectContext): void {
    this.onDisconnect(slot)
    const who = principal.shared ? NOBODY : this.#principals.hold(principal.id)
    const where = this.#holdAddress(address)
    this.#principalOf[slot] = who
    this.#addressOf[slot] = where
    this.#hasJoined[slot] = false
    if (where !== NOBODY) this.#addresses.attempted(where, -1)
    let step = NOTHING
    for (const [profiles, subject] of this.#profilesOf(slot)) {
      profiles.connected(subject, 1)
      profiles.idled(subject, 1)
      step = Math.max(step, profiles.judgeIdle(subject, now))
    }
    this.#act(step, slot, now)
  }

  onDisconnect(slot: number): void {
    for (const [profiles, subject] of this.#profilesOf(slot)) {
      profiles.connected(subject, -1)
      if (this.#hasJoined[slot] === false) profiles.idled(subject, -1)
      profiles.release(subject)
    }
    this.#principalOf[slot] = NOBODY
    this.#addressOf[slot] = NOBODY
  }

  onJoin({ slot, now }: JoinContext): void {
    if (this.#hasJoined[slot] === false) {
      this.#hasJoined[slot] = true
      for (const [profiles, subject] of this.#profilesOf(slot)) profiles.idled(subject, -1)
    }
    this.#act(this.#add(slot, JOINS, 1, now), slot, now)
  }

  /** The hot path, of those who are watched: a few additions and comparisons. */
  onMessage({ slot, kind, recipients, now }: MessageContext): void {
    let step = this.#add(slot, MESSAGES, 1, now)
    if (recipients > 1) step = Math.max(step, this.#add(slot, DELIVERIES, recipients, now))
    if (kind === 'candidate') step = Math.max(step, this.#add(slot, CANDIDATES, 1, now))
    if (step >= THROTTLE) this.#act(step, slot, now)
  }

  onRefused({ code, address, slot, now }: RefusedContext): void {
    const figure = figureOf(code)
    if (slot === -1) this.#strangerRefused(address, figure, now)
    else if (figure !== undefined) this.#peerRefused(slot, figure, now)
  }

  /** Nobody is connected: there is nothing to close, and throwing would do nothing. */
  #strangerRefused(address: string, figure: number | undefined, now: number): void {
    const subject = this.#holdAddress(address)
    if (subject === NOBODY) return
    this.#addresses.attempted(subject, -1)
    if (figure === WRONG_TOKENS) this.#addresses.add(subject, figure, 1, now)
    this.#addresses.release(subject)
  }

  #peerRefused(slot: number, figure: number, now: number): void {
    let step = NOTHING
    for (const [profiles, subject] of this.#profilesOf(slot)) {
      step = Math.max(step, profiles.add(subject, figure, 1, now))
      if (figure !== WRONG_TICKETS) step = Math.max(step, profiles.addRefusal(subject, now))
    }
    if (step >= CLOSE) this.#act(step, slot, now)
  }

  /** Counts for a peer's principal and its address: the step that this leads to. */
  #add(slot: number, figure: number, amount: number, now: number): number {
    const who = this.#principalOf[slot] ?? NOBODY
    const where = this.#addressOf[slot] ?? NOBODY
    const first = who === NOBODY ? NOTHING : this.#principals.add(who, figure, amount, now)
    const second = where === NOBODY ? NOTHING : this.#addresses.add(where, figure, amount, now)
    return Math.max(first, second)
  }

  #profilesOf(slot: number): [Profiles, number][] {
    const found: [Profiles, number][] = [
      [this.#principals, this.#principalOf[slot] ?? NOBODY],
      [this.#addresses, this.#addressOf[slot] ?? NOBODY],
    ]
    return found.filter(([, subject]) => subject !== NOBODY)
  }

  #act(step: number, slot: number, now: number): void {
    const waits = this.#profilesOf(slot).map(([profiles, subject]) => profiles.waitMs(subject, now))
    this.#refuse(step, Math.max(1, ...waits))
  }

  #refuse(step: number, waitMs: number): void {
    const most = Math.min(step, this.#most)
    if (most >= BAN) throw new SignalError('E_BANNED', undefined, this.#banMs)
    if (most >= CLOSE) throw new SignalError('E_FLOOD')
    if (most >= THROTTLE) throw new SignalError('E_RATE', undefined, waitMs)
  }

  /** Says what was found and what follows; a ban is pronounced here, since it outlives the connection. */
  #report(kind: BanKind, { subject: _, name, step, ...finding }: Finding): void {
    const done = Math.min(step, this.#most)
    this.#logger.warn(
      { [kind]: name, ...rounded(finding), action: STEPS[done] },
      `anomaly: too many ${finding.figure}`,
    )
    if (done < BAN) return
    const { figure, value, limit } = rounded(finding)
    this.#bans.ban({
      kind,
      name,
      forMs: this.#banMs,
      why: `anomaly: ${figure}: ${value} in 10 s, limit ${limit}`,
    })
  }

  #holdAddress(address: string): number {
    return this.#exempt.has(address) ? NOBODY : this.#addresses.hold(addressKey(address))
  }
}

const rounded = <T extends object>(finding: T): T =>
  Object.fromEntries(
    Object.entries(finding).map(([key, value]) => [
      key,
      typeof value === 'number' ? Math.round(value * 10) / 10 : value,
    ]),
  ) as T

export default definePlugin({
  kind: 'policy',
  name: 'anomaly',
  description:
    'Notices floods, scans and guesses: logs, then slows down, then closes, then bans, and says why.',
  options,
  useClass: Anomaly,
})
