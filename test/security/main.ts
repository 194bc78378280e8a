/**
 * `npm run sec [-- NUMBER …]`: attacks servers of its own in every way that docs/reference/security.md lists, under both
 * engines, and prints a line for each, beginning with its number. Exit code 0 only when all hold.
 */

import { ENGINES } from '../suite.js'
import { CHECKS } from './checks.js'
import { tryCheck } from './world.js'

const wanted = new Set(process.argv.slice(2).map(Number))
const chosen = CHECKS.filter(({ number }) => wanted.size === 0 || wanted.has(number))
let broken = 0
let group = ''
for (const check of chosen) {
  if (check.group !== group) console.log(`${group === '' ? '' : '\n'}${check.group}`)
  group = check.group
  const failures: string[] = []
  for (const engine of ENGINES) {
    const why = await tryCheck(check, engine)
    if (why !== undefined) failures.push(`${engine}: ${why}`)
  }
  if (failures.length > 0) broken++
  const number = String(check.number).padEnd(3)
  console.log(`${number} ${failures.length === 0 ? 'holds ' : 'BROKEN'} ${check.holds}`)
  for (const failure of failures) console.log(`          ${failure.replaceAll('\n', '\n          ')}`)
}
console.log(`\n${chosen.length - broken} of ${chosen.length} hold (${ENGINES.join(', ')})`)
process.exit(broken === 0 && chosen.length > 0 ? 0 : 1)
