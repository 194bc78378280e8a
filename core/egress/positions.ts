/**
 * Positions in the frame log, by number: a ring in which the one of number n is at n modulo the length, a power of two.
 * Functions over a bare array, since every session has one; those that nobody has told anything share `NO_POSITIONS`.
 */

export type Positions = Float64Array

export const NO_POSITIONS: Positions = new Float64Array(0)
const FIRST_LENGTH = 8

export function positionOf(ring: Positions, number: number): number {
  return ring[number & (ring.length - 1)]!
}

/** There must be room, which the caller sees to. */
export function setPosition(ring: Positions, number: number, position: number): void {
  ring[number & (ring.length - 1)] = position
}

/** A ring of twice the length, and of `least` at least, with the positions from `oldest` to `newest`. */
export function enlarged(ring: Positions, oldest: number, newest: number, least = FIRST_LENGTH): Positions {
  let length = Math.max(FIRST_LENGTH, 2 * ring.length)
  while (length < least) length *= 2
  const larger = new Float64Array(length)
  for (let number = oldest; number <= newest; number++) {
    setPosition(larger, number, positionOf(ring, number))
  }
  return larger
}
