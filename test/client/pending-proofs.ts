/** Proofs and seals are made in other threads, whose pace no fake clock knows: this waits for those under way. */

import { settled } from './fake-clock.js'

const underWay = new Set<Promise<unknown>>()
const { subtle } = globalThis.crypto

for (const name of ['digest', 'deriveKey', 'encrypt', 'decrypt'] as const) {
  const make = subtle[name].bind(subtle) as (...parameters: unknown[]) => Promise<unknown>
  const watched = (...parameters: unknown[]) => {
    const made = make(...parameters)
    const forget = () => void underWay.delete(made)
    made.then(forget, forget)
    underWay.add(made)
    return made
  }
  Object.assign(subtle, { [name]: watched })
}

/** Resolves when none is being made, and what waited for one has run. */
export async function proofsMade(): Promise<void> {
  do {
    await Promise.allSettled(underWay)
    await settled()
  } while (underWay.size > 0)
}
