import { Subjects } from '../../../core/api.js'
import { Baseline, deviations } from './baseline.js'
import { FIGURES, type Figure, IDLE, MESSAGES, PERCENT_REFUSED, WINDOW_MS } from './figures.js'

/** What is done about somebody; each includes nothing of the others. */
export const STEPS = ['nothing', 'log', 'throttle', 'close', 'ban'] as const
export const NOTHING = 0
export const THROTTLE = 2
export const CLOSE = 3
export const BAN = 4

/** A figure that exceeds what it may be, with everything that explains it. */
export interface Finding {
  readonly subject: number
  readonly name: string
  readonly figure: string
  readonly value: number
  readonly limit: number
  readonly customary: number
  /** Robust z-score. */
  readonly deviations: number
  /** Windows in a row, before this one, in which something was found. */
  readonly windowsBefore: number
  readonly step: number
}

/** Principals, or addresses, that are known at a time. */
const SUBJECTS = 65_536
/** A percentage of fewer messages says nothing. */
const LEAST_MESSAGES = 200
const COUNT = FIGURES.length

/** The counters, customs and findings of all principals, or of all addresses. */
export class Profiles {
  readonly #sensitivity: number
  readonly #found: (finding: Finding) => void
  readonly #subjects: Subjects
  readonly #baseline = new Baseline(COUNT)
  /** `subject * COUNT + figure`: what the window has brought, and from where on that is too much. */
  #counts = new Float64Array(COUNT * 64)
  #limits = new Float64Array(COUNT * 64)
  /** By subject. */
  readonly #window: number[] = []
  readonly #refused: number[] = []
  readonly #connections: number[] = []
  readonly #pending: number[] = []
  readonly #most: number[] = []
  readonly #idle: number[] = []
  /** As it was when this window began, and when the one before it did. */
  readonly #idleBefore: number[] = []
  readonly #idleLong: number[] = []
  readonly #step: number[] = []
  readonly #windowsBefore: number[] = []
  readonly #throttledUntil: number[] = []

  /** `sensitivity` is the z-score from which on a figure is too much. `found` hears of each step that somebody climbs. */
  constructor(sensitivity: number, found: (finding: Finding) => void) {
    this.#sensitivity = sensitivity
    this.#found = found
    this.#subjects = new Subjects(SUBJECTS, (subject) => this.#begin(subject))
  }

  /** See `Subjects`. */
  hold(name: string): number {
    return this.#subjects.hold(name)
  }

  release(subject: number): void {
    this.#subjects.release(subject)
  }

  /** Counts: the step that is to be taken now. Part of the hot path: additions and a comparison. */
  add(subject: number, figure: number, amount: number, now: number): number {
    const window = Math.floor(now / WINDOW_MS)
    if (this.#window[subject] !== window) this.#turn(subject, window)
    const i = subject * COUNT + figure
    const count = this.#counts[i]! + amount
    this.#counts[i] = count
    return count > this.#limits[i]!
      ? this.#exceeded(subject, figure, count, now)
      : this.#current(subject, now)
  }

  /** So many more connections are in no room. */
  idled(subject: number, by: number): void {
    this.#idle[subject] = Math.max(0, this.#idle[subject]! + by)
  }

  /** Judges how many connections have been in no room for a whole window, at the least. */
  judgeIdle(subject: number, now: number): number {
    const step = this.add(subject, IDLE, 0, now)
    this.#counts[subject * COUNT + IDLE] = Math.min(
      this.#idle[subject]!,
      this.#idleBefore[subject]!,
      this.#idleLong[subject]!,
    )
    return Math.max(step, this.add(subject, IDLE, 0, now))
  }

  /** Counts a refusal, and judges the share of refusals. */
  addRefusal(subject: number, now: number): number {
    const step = this.add(subject, PERCENT_REFUSED, 0, now)
    const refused = ++this.#refused[subject]!
    const total = refused + this.#counts[subject * COUNT + MESSAGES]!
    if (total < LEAST_MESSAGES) return step
    const i = subject * COUNT + PERCENT_REFUSED
    this.#counts[i] = (100 * refused) / total
    return Math.max(step, this.add(subject, PERCENT_REFUSED, 0, now))
  }

  /** Connections are what a figure is divided by, those under way included. */
  attempted(subject: number, by: number): void {
    this.#pending[subject] = Math.max(0, this.#pending[subject]! + by)
    this.#raise(subject)
  }

  connected(subject: number, by: number): void {
    this.#connections[subject] = Math.max(0, this.#connections[subject]! + by)
    this.#raise(subject)
  }

  /** How long somebody who was told to wait has to, milliseconds. */
  waitMs(subject: number, now: number): number {
    return Math.max(0, this.#throttledUntil[subject]! - now)
  }

  /** Nothing new was found; what was found before may still hold. */
  #current(subject: number, now: number): number {
    return this.#throttledUntil[subject]! > now ? THROTTLE : NOTHING
  }

  /** From a figure that is too much to what is done: one step, one more for each doubling and each window before. */
  #exceeded(subject: number, figure: number, count: number, now: number): number {
    const limit = this.#limits[subject * COUNT + figure]!
    const { name, absolute }: Figure = FIGURES[figure]!
    const share = absolute ? 1 : this.#share(subject)
    if (count <= limit * share) return this.#current(subject, now)
    const windowsBefore = this.#windowsBefore[subject]!
    const doublings = Math.floor(Math.log2(count / (limit * share)))
    const step = Math.min(BAN, 1 + doublings + windowsBefore)
    if (step >= THROTTLE) this.#throttledUntil[subject] = now + WINDOW_MS
    if (step > this.#step[subject]!) {
      this.#step[subject] = step
      const customary = this.#baseline.customary(subject, figure)
      const value = count / share
      this.#found({
        subject,
        name: this.#subjects.nameOf(subject),
        figure: name,
        value,
        limit,
        customary: customary.middle,
        deviations: deviations(value, customary),
        windowsBefore,
        step,
      })
    }
    return step > 1 ? step : NOTHING
  }

  /** The most connections that there were at a time in this window: figures are meant for each. */
  #share(subject: number): number {
    return Math.max(1, this.#most[subject]!)
  }

  #raise(subject: number): void {
    this.#most[subject] = Math.max(
      this.#most[subject]!,
      this.#connections[subject]! + this.#pending[subject]!,
    )
  }

  /** A subject that wasn't known, or was forgotten. */
  #begin(subject: number): void {
    this.#baseline.reset(subject)
    if ((subject + 1) * COUNT > this.#counts.length) this.#grow()
    this.#counts.fill(0, subject * COUNT, (subject + 1) * COUNT)
    this.#window[subject] = -1
    this.#refused[subject] = 0
    this.#connections[subject] = 0
    this.#pending[subject] = 0
    this.#most[subject] = 0
    this.#idle[subject] = 0
    this.#idleBefore[subject] = 0
    this.#idleLong[subject] = 0
    this.#step[subject] = NOTHING
    this.#windowsBefore[subject] = 0
    this.#throttledUntil[subject] = 0
  }

  /** A window is over: what was usual in it is learnt, and the limits of the next one follow from that. */
  #turn(subject: number, window: number): void {
    const isFirst = this.#window[subject] === -1
    const calmWindows = window - this.#window[subject]! - (this.#step[subject] === NOTHING ? 0 : 1)
    // Nobody gets the server used to what was too much.
    const isUsual = !isFirst && this.#step[subject] === NOTHING
    const share = this.#share(subject)
    for (let figure = 0; figure < COUNT; figure++) {
      const i = subject * COUNT + figure
      const { quiet, loud, absolute }: Figure = FIGURES[figure]!
      if (isUsual) this.#baseline.learn(subject, figure, this.#counts[i]! / (absolute ? 1 : share))
      const { middle, deviation } = this.#baseline.customary(subject, figure)
      const level = (middle + 1) * 2 ** (this.#sensitivity * deviation) - 1
      this.#limits[i] = Math.min(loud, Math.max(quiet, level))
      this.#counts[i] = 0
    }
    const before = this.#windowsBefore[subject]! + (this.#step[subject] === NOTHING ? 0 : 1)
    this.#windowsBefore[subject] = isFirst ? 0 : Math.max(0, before - Math.max(0, calmWindows))
    this.#window[subject] = window
    this.#refused[subject] = 0
    this.#idleLong[subject] = this.#idleBefore[subject]!
    this.#idleBefore[subject] = this.#idle[subject]!
    this.#most[subject] = this.#connections[subject]! + this.#pending[subject]!
    this.#step[subject] = NOTHING
  }

  #grow(): void {
    const [counts, limits] = [this.#counts, this.#limits]
    this.#counts = new Float64Array(counts.length * 2)
    this.#counts.set(counts)
    this.#limits = new Float64Array(limits.length * 2)
    this.#limits.set(limits)
  }
}
