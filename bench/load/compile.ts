/** The C programs are compiled where they are first needed, into a folder that git never sees. */

import { execFileSync } from 'node:child_process'
import { createHash } from 'node:crypto'
import { existsSync, mkdirSync, readdirSync, readFileSync, renameSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'

const BENCH = fileURLToPath(new URL('../../../bench/', import.meta.url))
const CACHE = fileURLToPath(new URL('../../../node_modules/.cache/signalbox-bench/', import.meta.url))

export const PROGRAMS = {
  client: 'load/client.c',
  relay: 'peers/relay.c',
  crowd: 'overload/crowd.c',
} as const

/** Where headers lie that the programs share. */
const HEADERS = ['load', 'overload']

/** Says in one line why a program can't be had. */
export class NoProgram extends Error {
  override readonly name = 'NoProgram'
}

/** The path of the executable, compiled anew when a source has changed. Throws `NoProgram`. */
export function compile(program: keyof typeof PROGRAMS): string {
  const source = join(BENCH, PROGRAMS[program])
  const executable = join(CACHE, `${program}-${hashOfSources()}`)
  if (existsSync(executable)) return executable
  if (process.platform !== 'linux') throw new NoProgram('it is written for epoll, which only Linux has')
  mkdirSync(CACHE, { recursive: true })
  const unfinished = `${executable}.${process.pid}`
  try {
    execFileSync('cc', ['-O2', '-o', unfinished, source], { stdio: ['ignore', 'pipe', 'pipe'] })
  } catch (error) {
    const { code, stderr } = error as { code?: string; stderr?: Buffer }
    throw new NoProgram(
      code === 'ENOENT'
        ? 'there is no C compiler (cc) to build it with'
        : `cc refuses ${PROGRAMS[program]}: ${stderr?.toString().split('\n')[0]}`,
    )
  }
  renameSync(unfinished, executable) // whole or not at all, should two runs meet
  return executable
}

function hashOfSources(): string {
  const hash = createHash('sha256').update(process.arch)
  for (const source of Object.values(PROGRAMS)) hash.update(readFileSync(join(BENCH, source)))
  for (const folder of HEADERS)
    for (const name of readdirSync(join(BENCH, folder)).sort())
      if (name.endsWith('.h')) hash.update(readFileSync(join(BENCH, folder, name)))
  return hash.digest('hex').slice(0, 12)
}
