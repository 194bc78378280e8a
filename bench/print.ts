/** Results on the terminal: a block for each case, best first, and how far from the best. */

import type { Change } from './compare.js'
import type { SuiteName } from './options.js'
import { type Absence, moreIsBetter, type Report, type Result } from './report.js'
import { spread } from './statistics.js'

export function printResults(results: readonly Result[]): void {
  printLatencies(results.filter(({ suite }) => suite === 'latency'))
  printBalance(results.filter(({ suite }) => suite === 'balance'))
  printOverload(results.filter(({ suite }) => suite === 'overload'))
  const blocks = grouped(results.filter(({ suite }) => !OWN_TABLES.has(suite)))
  for (const [title, block] of blocks) {
    console.log(`\n${title}`)
    const better = moreIsBetter(block[0]!.unit) ? 1 : -1
    const sorted = [...block].sort((a, b) => better * (b.median - a.median))
    const best = sorted[0]!.median
    const width = Math.max(NAME_WIDTH, ...sorted.map(({ variant }) => variant.length + 1))
    for (const one of sorted) console.log(line(one, best, width))
  }
}

/** Suites that don't fit a block for each case. */
const OWN_TABLES: ReadonlySet<SuiteName> = new Set(['latency', 'balance', 'overload'])

/** What is shown of a latency: the words behind the load's name, and the head of the column. */
const LATENCY_COLUMNS: readonly (readonly [what: string, head: string])[] = [
  ...['p50', 'p90', 'p99', 'p99.9'].map((p) => [p, `${p} µs`] as const),
  ['gc', 'GC/s'],
  ['gc-pauses', 'ms of GC/s'],
  ['gc-longest', 'longest ms'],
]

/** A table for each load, a line for each server, the best tail first. */
function printLatencies(results: readonly Result[]): void {
  const names = new Set(results.map((one) => one.case.split(' ')[0]!))
  for (const name of names) {
    const at = (variant: string, what: string) =>
      results.find((one) => one.variant === variant && one.case === `${name} ${what}`)
    const variants = [...new Set(results.map(({ variant }) => variant))].filter((one) => at(one, 'p99'))
    variants.sort((a, b) => at(a, 'p99')!.median - at(b, 'p99')!.median)
    console.log(`\nlatency · ${name}`)
    console.log(`  ${''.padEnd(16)}${LATENCY_COLUMNS.map(([, head]) => head.padStart(12)).join('')}`)
    for (const variant of variants) {
      const cells = LATENCY_COLUMNS.map(([what]) => at(variant, what)?.median)
      const row = cells.map((value) => (value === undefined ? '–' : grouping(value)).padStart(12)).join('')
      const note = at(variant, 'p99')!.note
      console.log(`  ${variant.padEnd(16)}${row}${note === undefined ? '' : `  ${note}`}`)
    }
  }
}

/** What a column of balancers is headed, by case. */
const BALANCE_TABLES: readonly (readonly [title: string, cases: readonly string[]])[] = [
  [
    'degree of imbalance (max/mean - 1), and members of a Zipf room who are apart (%)',
    ['uniform', 'zipf', 'giant', 'weights', 'apart'],
  ],
  ['keys moved (%)', ['a node comes', 'a node goes']],
  ['ns a decision, by nodes', ['cost 20', 'cost 1000', 'cost 10000']],
  [
    'the reference case: 100 participants, service times of 1 to 5, ten servers',
    ['reference', 'reference total'],
  ],
]

/** A line for each balancer, a column for each case. */
function printBalance(results: readonly Result[]): void {
  const variants = [...new Set(results.map(({ variant }) => variant))]
  for (const [title, cases] of variants.length === 0 ? [] : BALANCE_TABLES) {
    console.log(`\nbalance · ${title}`)
    console.log(`  ${''.padEnd(22)}${cases.map((name) => name.padStart(16)).join('')}`)
    for (const variant of variants) {
      const cells = cases.map((name) => {
        const one = results.find((each) => each.variant === variant && each.case === name)
        return (one === undefined ? '–' : grouping(one.median)).padStart(16)
      })
      console.log(`  ${variant.padEnd(22)}${cells.join('')}`)
    }
  }
}

/** A table for each variant, a line for each multiple of the capacity. */
function printOverload(results: readonly Result[]): void {
  const medianOf = (variant: string, name: string) =>
    results.find((one) => one.variant === variant && one.case === name)?.median
  const capacity = results.find((one) => one.case === 'capacity')
  if (capacity === undefined) return
  const whats = ['served', 'heard', 'p50', 'p99', 'joined', 'entered', 'refused', 'gave up']
  for (const variant of new Set(results.map((one) => one.variant))) {
    const multiples = results.flatMap((one) =>
      one.variant === variant &&
      one.case.endsWith(' served') &&
      medianOf(variant, one.case.replace('served', 'p50'))
        ? [one.case.split(' ')[0]!]
        : [],
    )
    if (multiples.length === 0) continue
    console.log(`\noverload · ${variant} (1 × is ${grouping(capacity.median)} newcomers/s)`)
    console.log(`  ${'×'.padEnd(8)}${whats.map((what) => what.padStart(14)).join('')}`)
    for (const multiple of multiples) {
      const cells = whats.map((what) => grouping(medianOf(variant, `${multiple} ${what}`)!).padStart(14))
      console.log(`  ${multiple.padEnd(8)}${cells.join('')}`)
    }
    const note = results.find((one) => one.variant === variant)?.note
    if (note !== undefined) console.log(`  ${note}`)
  }
}

function grouped(results: readonly Result[]): Map<string, Result[]> {
  const blocks = new Map<string, Result[]>()
  for (const one of results) {
    const title = `${one.suite} · ${one.case} (${one.unit})`
    blocks.set(title, [...(blocks.get(title) ?? []), one])
  }
  return blocks
}

const NAME_WIDTH = 16

function line(one: Result, best: number, width: number): string {
  const { median, min, max, variant, note } = one
  const ratio = median <= 0 || best <= 0 ? 1 : best / median // of differences there is none
  const apart = ratio === 1 ? '' : ratio > 1 ? `1/${ratio.toFixed(1)}` : `${(1 / ratio).toFixed(1)} ×`
  return [
    `  ${variant.padEnd(width)}`,
    grouping(median).padStart(12),
    `${grouping(min)} to ${grouping(max)}`.padStart(24),
    `±${((spread(one) * 100) / 2).toFixed(0)} %`.padStart(7),
    apart.padStart(8),
    note === undefined ? '' : `  ${note}`,
  ].join('')
}

/** 1234567.8 → 1,234,568; small numbers keep their fraction. */
export function grouping(value: number): string {
  return value.toLocaleString('en', { maximumFractionDigits: Math.abs(value) < 100 ? 2 : 0 })
}

/** One line each, so that nothing that is missing goes unnoticed. */
export function printAbsences(absent: readonly Absence[]): void {
  if (absent.length > 0) console.log('')
  for (const { suite, case: name, variant, why, failure } of absent) {
    const where = [suite, name, variant].filter((word) => word !== undefined).join(' · ')
    console.log(`${failure ? 'FAILED' : 'left out'}: ${where}: ${why}`)
  }
}

export function printChanges(changes: readonly Change[], before: Report): void {
  console.log(`\nagainst ${before.meta.commit} of ${before.meta.at}:`)
  const news = changes.filter(({ verdict }) => verdict !== 'same')
  for (const { suite, case: name, variant, unit, before: then, after, ratio, verdict } of news) {
    console.log(
      `  ${verdict.padEnd(6)} ${suite} · ${name} · ${variant}: ${grouping(then)} → ${grouping(after)} ${unit} (${ratio.toFixed(2)} ×)`,
    )
  }
  console.log(`  ${news.length} of ${changes.length} changed beyond the noise`)
}
