/** What the machine did besides the benchmark: a run that had to share its cores is told apart from one that hadn't. */

import { readFileSync } from 'node:fs'
import { platform } from 'node:os'

/** Processor time of the whole machine since start-up, in the system's own ticks. */
export interface MachineTimes {
  /** Spent on processes, time stolen by the hypervisor included, interrupts not (they do the sockets' work). */
  readonly busy: number
  /** All there was, on all cores. */
  readonly total: number
  readonly cores: number
}

/** Of now; undefined where the system doesn't say. `stat` is what `/proc/stat` holds (proc(5)). */
export function machineTimes(stat: string | undefined = procStat()): MachineTimes | undefined {
  if (stat === undefined) return undefined
  const [sum, ...lines] = stat.split('\n')
  const [user, nice, system, idle, iowait, irq, softirq, steal] = sum!.split(/\s+/).slice(1).map(Number)
  const busy = user! + nice! + system! + steal!
  return {
    busy,
    total: busy + idle! + iowait! + irq! + softirq!,
    cores: lines.filter((line) => /^cpu\d/.test(line)).length,
  }
}

/**
 * Which share of a core went to others between two looks; `ownShare` is what the benchmark itself took. Both ends of
 * the stretch come from the system's own books, so that nobody who looked too late can make more of it than there is.
 */
export function othersShare(before: MachineTimes, after: MachineTimes, ownShare: number): number {
  const total = after.total - before.total
  if (total <= 0) return 0
  const busyShare = ((after.busy - before.busy) / total) * after.cores
  return Math.max(0, busyShare - ownShare)
}

/** Watches from now on, while this process alone is what is measured. The function it returns tells the share. */
export function watchOthers(): () => number | undefined {
  const before = machineTimes()
  const cpu = process.cpuUsage()
  const since = performance.now()
  return () => {
    const after = machineTimes()
    if (before === undefined || after === undefined) return undefined
    const { user, system } = process.cpuUsage(cpu)
    return othersShare(before, after, (user + system) / 1000 / (performance.now() - since))
  }
}

/** Share of a core taken by others that is worth a note. */
export const OTHERS_LIMIT = 0.1

/** The note; undefined where there is nothing to say. */
export function reservation(share: number | undefined): string | undefined {
  if (share === undefined || share <= OTHERS_LIMIT) return undefined
  return `other processes took ${Math.round(share * 100)} % of a core`
}

function procStat(): string | undefined {
  return platform() === 'linux' ? readFileSync('/proc/stat', 'utf8') : undefined
}
