/** Where and what was measured. */

import { execFileSync } from 'node:child_process'
import { cpus, loadavg, release, totalmem } from 'node:os'
import { fileURLToPath } from 'node:url'
import type { Options } from './options.js'
import type { Absence, Meta } from './report.js'

/** To call before measuring; the function it returns, after. */
export function beginMeta({
  suites,
  quick,
  engines,
}: Options): (absent: readonly Absence[], clientShare: number) => Meta {
  const before = load()
  const at = new Date().toISOString()
  return (absent, clientShare) => ({
    machine: {
      cpu: cpus()[0]?.model ?? 'unknown',
      cores: cpus().length,
      memoryBytes: totalmem(),
      kernel: release(),
    },
    node: process.version,
    commit: commit(),
    at,
    options: { suites, quick, engines },
    loadAverage: { before, after: load() },
    ...(clientShare > 0 ? { clientShare } : {}),
    absent,
  })
}

const load = () => Math.round(loadavg()[0]! * 100) / 100

/** The commit that runs; `+` behind it when files have been changed since. */
export function commit(): string {
  const git = (...args: string[]) =>
    execFileSync('git', args, {
      cwd: fileURLToPath(new URL('../..', import.meta.url)),
      encoding: 'utf8',
      stdio: ['ignore', 'pipe', 'ignore'],
    }).trim()
  try {
    return `${git('rev-parse', '--short=10', 'HEAD')}${git('status', '--porcelain') === '' ? '' : '+'}`
  } catch {
    return 'unknown'
  }
}
