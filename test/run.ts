/**
 * Runs the whole suite, or the files whose path contains a pattern: `npm test [-- PATTERN [FOLDER]]`. uvu runs the
 * files; this wrapper bounds the run, fails when no test ran or when something outlives the tests, and closes with the
 * line `N passed, N failed, N skipped`, taken from uvu's own totals.
 */

import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

/** The whole run, milliseconds. */
const RUN_LIMIT_MS = Number(process.env.TEST_RUN_LIMIT_MS ?? 30 * 60_000)
/** From uvu's totals to the end of its process. Longer: a test left a timer, a socket or a child behind. */
const LINGER_MS = 5000

/** uvu doesn't export its command: it stands beside the folder of its library. */
const uvu = join(dirname(createRequire(import.meta.url).resolve('uvu')), '..', 'bin.js')
const [part = '', folder = dirname(fileURLToPath(import.meta.url))] = process.argv.slice(2)
/** Without the end, a part would match the type declarations too. */
const pattern = `^(?=.*(?:${part})).*\\.test\\.m?js$`

const child = spawn(process.execPath, ['--enable-source-maps', uvu, folder, pattern], {
  stdio: ['ignore', 'pipe', 'inherit'],
})

/** Why the run was broken off, if it was. */
let brokenOff = false
const breakOffAfter = (ms: number, why: string) =>
  setTimeout(() => {
    brokenOff = true
    console.error(why)
    child.kill('SIGKILL')
  }, ms)

const timers = [
  breakOffAfter(RUN_LIMIT_MS, `the tests did not end within ${RUN_LIMIT_MS / 1000} s: ending them`),
]
let tail = ''
child.stdout.on('data', (chunk: Buffer) => {
  process.stdout.write(chunk)
  tail = (tail + chunk.toString()).slice(-4096)
  if (timers.length === 1 && totals() !== undefined) {
    timers.push(breakOffAfter(LINGER_MS, 'the tests are over, but something they started is not: ending it'))
  }
})

child.on('close', (code) => {
  for (const timer of timers) clearTimeout(timer)
  const { total, passed, skipped } = totals() ?? { total: 0, passed: 0, skipped: 0 }
  // A run that broke off counts as a failure, whatever its tests said.
  const whole = code === 0 && total > 0 && !brokenOff
  const failed = Math.max(total - passed, whole ? 0 : 1)
  console.log(`${passed} passed, ${failed} failed, ${skipped} skipped`)
  process.exit(failed === 0 ? 0 : 1)
})

/** What uvu's closing lines say, once they are there; the last ones, should a test print their like. */
function totals(): { total: number; passed: number; skipped: number } | undefined {
  // biome-ignore lint/suspicious/noControlCharactersInRegex: uvu colours its totals
  const plain = tail.replace(/\x1b\[[0-9;]*m/g, '')
  const found = [
    ...plain.matchAll(/\n {2}Total: +(\d+)\n {2}Passed: +(\d+)\n {2}Skipped: +(\d+)\n {2}Duration:/g),
  ].at(-1)
  if (found === undefined) return undefined
  const [total, passed, skipped] = found.slice(1).map(Number) as [number, number, number]
  return { total, passed, skipped }
}
