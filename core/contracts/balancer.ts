/** A balancer picks one of several targets for a key. One contract serves ICE servers, workers and nodes. */

export interface Candidate {
  /** Stable and unique among the candidates; decides where keys go, so that a restart moves none. */
  readonly id: string
  /** Share of the keys relative to the others, > 0; absent: 1. */
  readonly weight?: number
  /** Present load, 0 to 1, where the target reports one. */
  readonly load?: number
  readonly region?: string
}

export interface Balancer {
  /**
   * Picks a target for `key`. Synchronous, and never throws: `undefined` only when there are no candidates.
   * A sticky balancer gives the same target for the same key and candidates, whatever their order, and moves only
   * the keys it must when a candidate comes or goes; each balancer's description says whether it is sticky.
   */
  pick<C extends Candidate>(key: string, candidates: readonly C[]): C | undefined
}
