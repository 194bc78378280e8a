/**
 * What messages carry, by size: JSON that survives JSON.parse and JSON.stringify byte for byte, with `%Q` where the
 * load client writes the message's number, and a start of its own for each template (plan.h).
 */

import { candidate, sdp } from '../messages.js'

export type Size = 'small' | 'candidate' | 'sdp'

const BODIES: Readonly<Record<Size, object>> = {
  small: { hand: 'up' },
  candidate,
  sdp: { type: 'offer', sdp: sdp(2850) },
}

/** The payload of a run's `index`-th template. */
export function payload(size: Size, index: number): string {
  return JSON.stringify({ k: `S${index}%Q`, ...BODIES[size] })
}
