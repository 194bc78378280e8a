import type { Candidate } from '../contracts/balancer.js'

/** The load a candidate reports; `undefined` where it reports none, or what isn't a number from 0. */
export function loadOf({ load }: Candidate): number | undefined {
  return load !== undefined && load >= 0 && load < Number.POSITIVE_INFINITY ? load : undefined
}

/** Mean over the candidates that report a load; 0 where none does. */
export function meanLoad(candidates: readonly Candidate[]): number {
  let sum = 0
  let reporting = 0
  for (let i = 0; i < candidates.length; i++) {
    const load = loadOf(candidates[i]!)
    if (load === undefined) continue
    sum += load
    reporting++
  }
  return reporting === 0 ? 0 : sum / reporting
}

/** A weight that can be counted with; anything else than a number over 0 counts as 1. */
export const weightOf = ({ weight }: Candidate): number =>
  weight !== undefined && weight > 0 && weight < Number.POSITIVE_INFINITY ? weight : 1
