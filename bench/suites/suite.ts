/** What a suite is given, and what it gives back. */

import type { EngineName } from '../../core/engine/engine.js'
import { installPeers } from '../load/install.js'
import { CEILING_VARIANTS, PEER_VARIANTS, signalbox, type Variant } from '../load/variants.js'
import type { SuiteName } from '../options.js'
import type { Absence, Result } from '../report.js'

export interface Setting {
  readonly quick: boolean
  readonly engines: readonly EngineName[]
}

export interface Findings {
  readonly results: readonly Result[]
  readonly absent: readonly Absence[]
  readonly clientShare?: number
}

export interface Suite {
  run(setting: Setting): Promise<Findings>
  /** About how long it takes on a quiet machine. */
  seconds(setting: Setting): number
}

/** Our engines, and of the others those with these names, as far as their packages can be had. */
export function variants(
  suite: SuiteName,
  { engines }: Setting,
  names: readonly string[],
): { readonly variants: readonly Variant[]; readonly absent: readonly Absence[] } {
  const others = [...PEER_VARIANTS, ...CEILING_VARIANTS].filter(({ name }) => names.includes(name))
  const why = others.length > 0 ? installPeers() : undefined
  return {
    variants: [...engines.map(signalbox), ...(why === undefined ? others : [])],
    absent:
      why === undefined ? [] : others.map(({ name }) => ({ suite, variant: name, why, failure: false })),
  }
}

/** Every other server there is. */
export const EVERYBODY: readonly string[] = [...PEER_VARIANTS, ...CEILING_VARIANTS].map(({ name }) => name)
