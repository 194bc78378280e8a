/**
 * At most a share of a core for some processes: the kernel stops them for the rest of each period (control groups,
 * version 1 or 2). So two servers can be compared with one where no core is left for whoever loads them.
 */

import { existsSync, mkdirSync, rmdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { setTimeout } from 'node:timers/promises'
import { firstLine } from '../../core/first-line.js'

/** Long enough that a turn is worth its switch, and short beside what a load has in flight. */
const PERIOD_US = 10_000

/** The kernel takes a moment to bury whoever was killed. */
const RELEASE_TRIES = 40
const RELEASE_PAUSE_MS = 50

const ROOT = '/sys/fs/cgroup'

/** Says in one line why there can be no quota here. */
export class NoQuota extends Error {
  override readonly name = 'NoQuota'
}

export class Quota {
  static #count = 0
  readonly #folder: string

  /** `share` of one core for all that is added together. Throws `NoQuota`. */
  constructor(share: number) {
    const version1 = join(ROOT, 'cpu')
    const isFirst = existsSync(join(version1, 'cgroup.procs'))
    this.#folder = join(isFirst ? version1 : ROOT, `signalbox-bench-${process.pid}-${++Quota.#count}`)
    const quotaUs = Math.round(PERIOD_US * share)
    try {
      if (!isFirst) writeFileSync(join(ROOT, 'cgroup.subtree_control'), '+cpu')
      mkdirSync(this.#folder)
      if (isFirst) {
        writeFileSync(join(this.#folder, 'cpu.cfs_period_us'), `${PERIOD_US}`)
        writeFileSync(join(this.#folder, 'cpu.cfs_quota_us'), `${quotaUs}`)
      } else {
        writeFileSync(join(this.#folder, 'cpu.max'), `${quotaUs} ${PERIOD_US}`)
      }
    } catch (error) {
      if (existsSync(this.#folder)) rmdirSync(this.#folder)
      throw new NoQuota(`no control group can be made (it takes Linux, and root): ${firstLine(error)}`)
    }
  }

  /** A process with all its threads; what it starts later is in it too. */
  add(pid: number): void {
    writeFileSync(join(this.#folder, 'cgroup.procs'), `${pid}`)
  }

  /** Once all that was added has been ended. Nothing happens where it was released before. */
  async release(): Promise<void> {
    for (let tries = 0; existsSync(this.#folder); tries++) {
      try {
        rmdirSync(this.#folder)
      } catch (error) {
        if (tries === RELEASE_TRIES) throw error // somebody in it lives on
        await setTimeout(RELEASE_PAUSE_MS)
      }
    }
  }
}
