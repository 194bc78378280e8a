/** A balancer picks one of several targets for a key. One contract serves ICE servers, workers and nodes. */

/**
 * A target. An array of candidates that is given again holds the same ids, weights and regions in the same order, so
 * that a balancer may keep what it works out for the array; only `load` may have changed. Whoever adds or removes a
 * candidate makes a new array.
 */
export interface Candidate {
  /** Stable and unique among the candidates; decides where keys go, so that a restart moves none. */
  readonly id: string
  /** Share of the keys relative to the others, > 0; absent: 1. */
  readonly weight?: number
  /** Present load as a share of what this target can carry, 0 to 1, where it reports one. */
  readonly load?: number
  readonly region?: string
}

/** What is known of the client that the key stands for. Clients say it themselves: it may be wrong, or a lie. */
export interface Hint {
  /** Where the client says it is. */
  readonly region?: string
  /** Round trips that were measured, in milliseconds, by region. Where there are any, `region` isn't looked at. */
  readonly roundTripMs?: Readonly<Record<string, number>>
}

export interface Balancer {
  /**
   * Picks a target for `key`. Synchronous, and never throws: `undefined` only when there are no candidates.
   * A sticky balancer gives the same target for the same key, candidates, loads and hint, whatever the order of the
   * candidates, and moves only the keys it must when one comes or goes; each balancer's description says whether it
   * is sticky. A balancer that has no use for a hint ignores it.
   */
  pick<C extends Candidate>(key: string, candidates: readonly C[], hint?: Hint): C | undefined
}
