/** Servers and load client on cores of their own, so that neither takes time from the other. */

import { execFileSync } from 'node:child_process'
import { availableParallelism } from 'node:os'

/** `anywhere`: wherever the system puts it. */
export type Role = 'server' | 'client' | 'anywhere'

/** Whether processes are pinned on this machine. */
export const pins: boolean = availableParallelism() > 1 && hasTaskset()

/** The command line that runs `command` on the core of this role; the command itself where pinning isn't possible. */
export function pinned(role: Role, command: readonly string[]): readonly string[] {
  return pins && role !== 'anywhere' ? ['taskset', '-c', role === 'server' ? '1' : '0', ...command] : command
}

function hasTaskset(): boolean {
  try {
    execFileSync('taskset', ['-c', '0,1', 'true'], { stdio: 'ignore' })
    return true
  } catch {
    return false
  }
}
