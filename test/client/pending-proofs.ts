/** Proofs are made in other threads, whose pace no fake clock knows: this waits for those that are under way. */

import { settled } from './fake-clock.js'

const underWay = new Set<Promise<unknown>>()
const { subtle } = globalThis.crypto
const digest = subtle.digest.bind(subtle)

subtle.digest = (...parameters: Parameters<typeof digest>) => {
  const made = digest(...parameters)
  const over = made.finally(() => underWay.delete(over))
  underWay.add(over)
  return made
}

/** Resolves when no proof is being made, and what waited for one has run. */
export async function proofsMade(): Promise<void> {
  do {
    await Promise.all(underWay)
    await settled()
  } while (underWay.size > 0)
}
