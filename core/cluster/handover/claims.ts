import type { Clock, Timer } from '../../clock.js'
import { SignalError } from '../../errors.js'
import { addressKey } from '../../http/networks.js'
import type { Link } from '../links/link.js'
import { type Claimed, claimRecord, HANDOVER, REFUSAL, type Refused } from './handover-records.js'

/** How many may wait for one node, and on behalf of one address or IPv6 network: each is one record. */
const MAX_PER_LINK = 1024
const MAX_PER_ADDRESS = 256

/**
 * What becomes of a claim: the session is here; there is none; another node has it. Otherwise it is an error that
 * leaves the ticket good.
 */
export type Outcome = 'here' | 'none' | { readonly elsewhere: string }

export type Wish = Omit<Claimed, 'claim'> & { readonly address: string }

interface Claim {
  readonly claim: number
  readonly link: Link
  readonly wish: Wish
  readonly settle: (outcome: Outcome | SignalError) => void
  timer: Timer
  hasBegun: boolean
}

/** What this node has asked others for, on behalf of clients that wait. */
export class Claims {
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #byNumber = new Map<number, Claim>()
  readonly #perAddress = new Map<string, number>()
  readonly #perLink = new Map<Link, number>()
  #last = 0

  /** `handshakeMs` is what clients have in all. */
  constructor(clock: Clock, handshakeMs: number) {
    this.#clock = clock
    this.#limitMs = handshakeMs
  }

  /** Asks for a session. Rejects with E_BUSY or E_TIMEOUT where the client should try again. */
  ask(link: Link, wish: Wish): Promise<Outcome> {
    const address = addressKey(wish.address)
    const perLink = this.#perLink.get(link) ?? 0
    const perAddress = this.#perAddress.get(address) ?? 0
    if (perLink >= MAX_PER_LINK || perAddress >= MAX_PER_ADDRESS) {
      return Promise.reject(new SignalError('E_BUSY', 'too many sessions are on their way here'))
    }
    this.#perLink.set(link, perLink + 1)
    this.#perAddress.set(address, perAddress + 1)
    const claim = this.#number()
    return new Promise((resolve, reject) => {
      const settle = (outcome: Outcome | SignalError) => {
        pending.timer.cancel()
        this.#byNumber.delete(claim)
        countDown(this.#perLink, link)
        countDown(this.#perAddress, address)
        if (outcome instanceof SignalError) reject(outcome)
        else resolve(outcome)
      }
      // Who can't be reached is as good as dead; who can may have much to say first, and is lost when its link is.
      const timer = this.#clock.after(this.#limitMs / 2, () => settle(link.isUp ? tooSlow() : 'none'))
      const pending: Claim = { claim, link, wish, settle, timer, hasBegun: false }
      this.#byNumber.set(claim, pending)
      send(pending)
    })
  }

  /** A link is open: what waits for it is asked. */
  up(link: Link): void {
    for (const claim of this.#byNumber.values()) if (claim.link === link) send(claim)
  }

  /** Nothing comes over it any more. */
  down(link: Link): void {
    for (const claim of [...this.#byNumber.values()]) if (claim.link === link) claim.settle('none')
  }

  /** The session is on its way, which may take longer. False when nobody waits for it any more. */
  begun(claim: number, link: Link): boolean {
    const pending = this.#of(claim, link)
    if (pending === undefined || pending.hasBegun) return false
    pending.hasBegun = true
    pending.timer.cancel()
    pending.timer = this.#clock.after(this.#limitMs / 2, () => pending.settle(tooSlow()))
    return true
  }

  arrived(claim: number, link: Link): void {
    this.#of(claim, link)?.settle('here')
  }

  elsewhere(claim: number, link: Link, incarnation: string): void {
    this.#of(claim, link)?.settle({ elsewhere: incarnation })
  }

  refused(claim: number, link: Link, why: Refused): void {
    const pending = this.#of(claim, link)
    if (why === REFUSAL.unknown) pending?.settle('none')
    else if (why === REFUSAL.busy) pending?.settle(new SignalError('E_BUSY'))
    else pending?.settle(new SignalError('E_TIMEOUT', 'your session could not be fetched just now'))
  }

  /** Nobody waits any more. */
  stop(): void {
    for (const claim of [...this.#byNumber.values()]) claim.settle('none')
  }

  #of(claim: number, link: Link): Claim | undefined {
    const pending = this.#byNumber.get(claim)
    return pending?.link === link ? pending : undefined
  }

  #number(): number {
    do this.#last = (this.#last + 1) >>> 0
    while (this.#byNumber.has(this.#last))
    return this.#last
  }
}

const tooSlow = () => new SignalError('E_TIMEOUT', 'your session could not be fetched in time')

function send({ claim, link, wish }: Claim): void {
  if (link.isUp) link.send(HANDOVER.claim, claimRecord({ ...wish, claim }))
}

function countDown<K>(counts: Map<K, number>, key: K): void {
  const left = (counts.get(key) ?? 0) - 1
  if (left > 0) counts.set(key, left)
  else counts.delete(key)
}
