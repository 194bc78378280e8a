/** Sends each key to the region nearest to its client that isn't full, and there by load or by key. */

import {
  type Balancer,
  type Candidate,
  CLOCK,
  type Clock,
  DEFAULT_BOUND,
  DEFAULT_MEMORY,
  definePlugin,
  type Hint,
  inject,
  injectable,
  meanLoad,
  OPTIONS,
  Ranking,
  type Static,
  TwoChoices,
  Type,
} from '../../core/api.js'

const options = Type.Object({
  within: Type.Union([Type.Literal('load'), Type.Literal('key')], {
    default: 'load',
    description:
      'in the region: the less loaded of two, or rendezvous with bounded load, which keeps rooms together',
  }),
  nearMs: Type.Number({
    minimum: 0,
    default: 10,
    description:
      'regions whose measured round trips differ by no more are equally near; the less loaded one counts',
  }),
  fullAt: Type.Number({
    exclusiveMinimum: 0,
    default: 0.9,
    description: 'mean load from which a region is full, and the next nearest is taken',
  }),
})

interface Region<C extends Candidate> {
  /** `undefined`: its candidates say nothing of where they are. */
  readonly name: string | undefined
  readonly candidates: readonly C[]
}

/** When every region is full, or nothing is known of the client, all candidates are one region. */
@injectable()
class NearestRegion implements Balancer {
  readonly #regions = new WeakMap<readonly Candidate[], readonly Region<Candidate>[]>()
  readonly #options: Static<typeof options>
  readonly #inside: { pick<C extends Candidate>(key: string, candidates: readonly C[]): C | undefined }

  constructor(@inject(OPTIONS) given: Static<typeof options>, @inject(CLOCK) clock: Clock) {
    this.#options = given
    this.#inside = given.within === 'key' ? new Ranking(DEFAULT_BOUND) : new TwoChoices(clock, DEFAULT_MEMORY)
  }

  pick<C extends Candidate>(key: string, candidates: readonly C[], hint?: Hint): C | undefined {
    const near = hint === undefined ? undefined : this.#nearest(this.#regionsOf(candidates), hint)
    return this.#inside.pick(key, near ?? candidates)
  }

  /** The candidates of the region to use; `undefined` where no region stands out. */
  #nearest<C extends Candidate>(regions: readonly Region<C>[], hint: Hint): readonly C[] | undefined {
    const { nearMs, fullAt } = this.#options
    const byDistance = regions
      .map(({ name, candidates }) => ({ candidates, ms: distanceTo(name, hint) }))
      .sort((a, b) => (a.ms === b.ms ? 0 : a.ms - b.ms))
    if (byDistance.length === 0 || byDistance[0]!.ms === Infinity) return undefined
    let chosen: readonly C[] | undefined
    let leastLoad = fullAt
    let farthest = Infinity
    // The loads of regions that are too far to matter aren't asked: there may be thousands of candidates.
    for (const { candidates, ms } of byDistance) {
      if (ms > farthest) break
      const load = meanLoad(candidates)
      if (load >= leastLoad) continue
      if (chosen === undefined) farthest = ms + nearMs
      chosen = candidates
      leastLoad = load
    }
    return chosen
  }

  /** In the order of their names, so that the order of the candidates decides nothing. */
  #regionsOf<C extends Candidate>(candidates: readonly C[]): readonly Region<C>[] {
    const known = this.#regions.get(candidates) as readonly Region<C>[] | undefined
    if (known) return known
    const byName = new Map<string | undefined, C[]>()
    for (const candidate of candidates) {
      const members = byName.get(candidate.region)
      if (members) members.push(candidate)
      else byName.set(candidate.region, [candidate])
    }
    const made = [...byName]
      .map(([name, members]) => ({ name, candidates: members }))
      .sort((a, b) => ((a.name ?? '') < (b.name ?? '') ? -1 : 1))
    this.#regions.set(candidates, made)
    return made
  }
}

/** In milliseconds; 0 for the region that a client without measurements names, infinite where nothing is known. */
function distanceTo(region: string | undefined, { region: own, roundTripMs }: Hint): number {
  if (region === undefined) return Infinity
  if (roundTripMs === undefined) return region === own ? 0 : Infinity
  const ms = Object.hasOwn(roundTripMs, region) ? roundTripMs[region]! : Infinity
  return ms >= 0 ? ms : Infinity
}

export default definePlugin({
  kind: 'balancer',
  name: 'region',
  description:
    'Sends a key to the nearest region that has room, by measured round trip or by what the client says, then by load. Sticky within "key" only.',
  options,
  useClass: NearestRegion,
})
