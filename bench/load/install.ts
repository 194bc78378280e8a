/** The peers' packages: from their own lock file, into their own folder, when somebody wants to compare. */

import { execFileSync } from 'node:child_process'
import { existsSync, statSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const FOLDER = fileURLToPath(new URL('../../../bench/peers/', import.meta.url))

/** Installs what the lock file says unless that was done. Why it can't be, in one line; undefined when all is there. */
export function installPeers(): string | undefined {
  const installed = join(FOLDER, 'node_modules', '.package-lock.json')
  const lock = join(FOLDER, 'package-lock.json')
  if (existsSync(installed) && statSync(installed).mtimeMs >= statSync(lock).mtimeMs) return undefined
  console.error('installing the servers to compare with into bench/peers, once')
  try {
    // Without scripts: bufferutil brings its binaries along, and nothing else here needs one.
    execFileSync('npm', ['ci', '--prefix', FOLDER, '--ignore-scripts', '--no-audit', '--no-fund'], {
      stdio: ['ignore', 'ignore', 'pipe'],
      timeout: 5 * 60_000,
    })
    return undefined
  } catch (error) {
    const { stderr } = error as { stderr?: Buffer }
    const line = /^npm (?:error|ERR!) .*$/m.exec(stderr?.toString() ?? '')?.[0]
    return `npm ci in bench/peers failed: ${line ?? 'npm can not be run'}`
  }
}
