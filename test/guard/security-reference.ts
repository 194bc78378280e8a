/**
 * Makes docs/reference/security.md: the table of checks from the checks themselves, around what people wrote. Run it to
 * write the page: `node dist/test/guard/security-reference.js`.
 */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { CHECKS, GROUPS } from '../security/checks.js'
import { ROOT, read } from './source-tree.js'

export const PAGE = 'docs/reference/security.md'
const BEGIN = '<!-- made from test/security/checks.ts: begin -->'
const END = '<!-- made from test/security/checks.ts: end -->'

/** The page as it should be: what stands between the marks is made anew. */
export function securityReference(): string {
  const page = read(PAGE)
  const [before] = page.split(BEGIN)
  const [, after] = page.split(END)
  const tables = GROUPS.map(({ title }) => `### ${title}\n\n${table(title)}`).join('\n')
  return `${before}${BEGIN}\n\n${tables}\n${END}${after}`
}

function table(group: string): string {
  const head = ['', 'what holds', 'what would be possible otherwise']
  const body = CHECKS.filter((check) => check.group === group).map(({ number, holds, threat }) => [
    String(number),
    capital(holds),
    capital(threat),
  ])
  const widths = head.map((_, i) => Math.max(3, ...[head, ...body].map((row) => row[i]!.length)))
  const line = (cells: readonly string[], fill = ' ') =>
    `| ${cells.map((cell, i) => cell.padEnd(widths[i]!, fill)).join(' | ')} |\n`
  return [line(head), line(['', '', ''], '-'), ...body.map((row) => line(row))].join('')
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1)

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  writeFileSync(join(ROOT, PAGE), securityReference())
}
