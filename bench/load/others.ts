/** What the machine did besides the benchmark: a run that had to share its cores is told apart from one that hadn't. */

import { readFileSync } from 'node:fs'
import { platform } from 'node:os'

/** Linux counts in hundredths of a second. */
const TICK_MS = 10

/**
 * Processor time of all processes since start-up, milliseconds, time stolen by the hypervisor included, interrupts not
 * (they do the sockets' work). Undefined where the system doesn't say.
 */
export function machineCpuMs(): number | undefined {
  if (platform() !== 'linux') return undefined
  const [, user, nice, system, , , , , steal] = readFileSync('/proc/stat', 'utf8')
    .split('\n', 1)[0]!
    .split(/\s+/)
    .map(Number)
  return (user! + nice! + system! + steal!) * TICK_MS
}
