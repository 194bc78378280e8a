/** What processes took, and those they have started, by the system's own books (proc(5)). */

import { readFileSync } from 'node:fs'

/** A tick of the kernel's clock, in which it tells processor time: 100 a second, on all that Node runs on. */
const TICK_MS = 10

/** A process and all that it has started, and they in turn; empty when it has ended. */
export function family(pid: number): number[] {
  try {
    const children = readFileSync(`/proc/${pid}/task/${pid}/children`, 'utf8').split(' ').filter(Boolean)
    return [pid, ...children.flatMap((child) => family(Number(child)))]
  } catch {
    return []
  }
}

/** Processor time of a process and of those it has started so far, milliseconds in steps of 10. */
export function cpuMsOf(pid: number): number {
  return family(pid).reduce((sum, member) => sum + ownCpuMs(member), 0)
}

function ownCpuMs(pid: number): number {
  try {
    const [, behindName] = /\) (.*)$/s.exec(readFileSync(`/proc/${pid}/stat`, 'utf8'))!
    const fields = behindName!.split(' ')
    return (Number(fields[11]) + Number(fields[12])) * TICK_MS
  } catch {
    return 0 // it has ended
  }
}

/** Ends a process and all that it has started, at once. */
export function killFamily(pid: number): void {
  for (const member of family(pid)) {
    try {
      process.kill(member, 'SIGKILL')
    } catch {
      // It has ended by itself.
    }
  }
}
