import type { Authority, Done, Kicker, Target } from '../http/operations.js'
import type { BanList } from './bans.js'

/** What operators order, carried out on this node. */
export class LocalAuthority implements Authority {
  readonly #hub: Kicker
  readonly #bans: BanList

  constructor(hub: Kicker, bans: BanList) {
    this.#hub = hub
    this.#bans = bans
  }

  kick(target: Target, reason: string): Done {
    return { kicked: this.#hub.kick(target, reason) }
  }

  revoke(principal: string, forMs: number, reason: string): Done {
    this.#bans.lift('principal', principal)
    if (forMs === 0) return { kicked: 0 }
    this.#bans.ban({ kind: 'principal', name: principal, forMs, why: reason })
    return this.kick({ principal }, reason)
  }
}
