/** Programs that tests need and npm doesn't bring. */

import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'

/** What a test skips with where there is none. */
export type Program = { readonly path: string } | { readonly missing: string }

export interface Wanted {
  readonly name: string
  /** The environment variable that may name its path. */
  readonly variable: string
  /** Where it usually is. */
  readonly places: readonly string[]
  /** What Debian calls the package. */
  readonly debian: string
}

/** The path of a program, or why there is none. As root on Debian it is installed, which takes a while. */
export function findProgram({ name, variable, places, debian }: Wanted): Program {
  const wanted = process.env[variable]
  if (wanted !== undefined) {
    return isExecutable(wanted) ? { path: wanted } : { missing: `${variable}: ${wanted} can't be executed` }
  }
  const here = () => places.find(isExecutable)
  const found = here()
  if (found !== undefined) return { path: found }
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) {
    return { missing: `no ${name}: install one, or set ${variable}` }
  }
  const failure = install(name, debian)
  const installed = here()
  return installed === undefined
    ? { missing: failure ?? `apt-get installed no ${name}` }
    : { path: installed }
}

/** Why it couldn't. */
function install(name: string, debian: string): string | undefined {
  console.log(`no ${name} here: installing Debian’s with apt-get`)
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore', timeout: 120_000 })
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', debian], {
      stdio: 'ignore',
      timeout: 300_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
    return undefined
  } catch (error) {
    return `apt-get could not install ${name}: ${(error as Error).message}`
  }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
