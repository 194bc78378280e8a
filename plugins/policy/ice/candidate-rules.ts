/** Which ICE candidates (RFC 8839 section 5.1) may reach other peers, and what of them. */

import { isIP } from 'node:net'
import { Networks } from '../../../core/api.js'

export interface CandidateOptions {
  readonly relayOnly: boolean
  readonly candidates: {
    readonly allow: readonly string[]
    readonly deny: readonly string[]
    readonly mdns: boolean
  }
}

/** What stands for an address that isn't told (RFC 8839 section 5.1), and its port. */
export const UNTOLD = { IP4: '0.0.0.0', IP6: '::', port: '9' } as const

/** `candidate:foundation component transport priority address port typ type` */
const ADDRESS = 4
const TYP = 6
const TYPE = 7
const FIXED_FIELDS = 8

export class CandidateRules {
  readonly #relayOnly: boolean
  readonly #allow: Networks
  readonly #deny: Networks
  readonly #mdns: boolean

  /** Throws an `Error` that begins with the option at fault. */
  constructor({ relayOnly, candidates: { allow, deny, mdns } }: CandidateOptions) {
    this.#relayOnly = relayOnly
    this.#allow = new Networks(allow, 'candidates.allow')
    this.#deny = new Networks(deny, 'candidates.deny')
    this.#mdns = mdns
  }

  /** Whether there is anything to look at. */
  get areAny(): boolean {
    return this.#relayOnly || !this.#mdns || this.#allow.size + this.#deny.size > 0
  }

  /**
   * A candidate as it may be told, with or without `a=` before it; undefined when it may not be, or is none. The address
   * behind a relayed or reflexive one (`raddr`) is replaced where that may not be told by itself.
   */
  filter(candidate: string): string | undefined {
    const fields = candidate.split(' ')
    if (fields.length < FIXED_FIELDS || fields[TYP] !== 'typ') return undefined
    if (this.#relayOnly && fields[TYPE] !== 'relay') return undefined
    if (!this.#mayTell(fields[ADDRESS]!)) return undefined
    // Extensions come in pairs of a name and a value.
    for (let i = FIXED_FIELDS; i + 1 < fields.length; i += 2) {
      const isHidden = fields[i] === 'raddr' && (this.#relayOnly || !this.#mayTell(fields[i + 1]!))
      if (!isHidden) continue
      fields[i + 1] = isIP(fields[i + 1]!) === 6 ? UNTOLD.IP6 : UNTOLD.IP4
      if (fields[i + 2] === 'rport') fields[i + 3] = UNTOLD.port
    }
    return fields.join(' ')
  }

  /** A name that isn't mDNS can't be judged by networks: where there are any, it isn't told. */
  #mayTell(address: string): boolean {
    if (isIP(address) === 0) {
      return address.toLowerCase().endsWith('.local') ? this.#mdns : this.#allow.size + this.#deny.size === 0
    }
    return !this.#deny.has(address) && (this.#allow.size === 0 || this.#allow.has(address))
  }
}
