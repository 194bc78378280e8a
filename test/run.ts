/**
 * Runs the whole suite: `npm test [-- PATTERN]`. uvu runs the files; this wrapper bounds the run, fails when no
 * test ran, and closes with the line `N passed, N failed, N skipped`, taken from uvu's own totals.
 */

import { spawn } from 'node:child_process'
import { createRequire } from 'node:module'
import { dirname, join } from 'node:path'
import { fileURLToPath } from 'node:url'

const RUN_LIMIT_MS = 15 * 60_000

const here = dirname(fileURLToPath(import.meta.url))
const uvu = join(dirname(createRequire(import.meta.url).resolve('uvu/package.json')), 'bin.js')
const pattern = process.argv[2] ?? '\\.test\\.js$'

const child = spawn(process.execPath, ['--enable-source-maps', uvu, here, pattern], {
  stdio: ['ignore', 'pipe', 'inherit'],
})
let tail = ''
child.stdout.on('data', (chunk: Buffer) => {
  process.stdout.write(chunk)
  tail = (tail + chunk.toString()).slice(-4096)
})
const limit = setTimeout(() => {
  console.error(`the tests did not end within ${RUN_LIMIT_MS / 60_000} minutes: ending them`)
  child.kill('SIGKILL')
}, RUN_LIMIT_MS)
child.on('close', (code) => {
  clearTimeout(limit)
  // biome-ignore lint/suspicious/noControlCharactersInRegex: uvu colours its totals
  const plain = tail.replace(/\x1b\[[0-9;]*m/g, '')
  const count = (word: string) => Number(new RegExp(`${word}:\\s+(\\d+)`).exec(plain)?.[1] ?? 0)
  const total = count('Total')
  const passed = count('Passed')
  // A run that broke off counts as a failure, whatever its tests said.
  const failed = Math.max(total - passed, code === 0 && total > 0 ? 0 : 1)
  console.log(`${passed} passed, ${failed} failed, ${count('Skipped')} skipped`)
  process.exit(failed === 0 ? 0 : 1)
})
