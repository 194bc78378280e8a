/** What is told of an outcome, in the table and in the pictures. */

import type { Outcome } from './tally.js'

export interface Column {
  /** Head of the table's column. */
  readonly head: string
  /** Title of the picture. */
  readonly title: string
  readonly unit: string
  /** `undefined` where there is nothing to tell. */
  readonly value: (outcome: Outcome) => number | undefined
}

const percent = (share: number | undefined) => (share === undefined ? undefined : 100 * share)

export const COLUMNS: readonly Column[] = [
  {
    head: 'imbalance',
    title: 'Degree of imbalance at rest',
    unit: 'max/mean - 1',
    value: ({ imbalance }) => imbalance.rest,
  },
  {
    head: 'in a deploy',
    title: 'Worst imbalance while all nodes are replaced',
    unit: 'max/mean - 1',
    value: ({ imbalance }) => imbalance.deploy,
  },
  {
    head: 'keys moved %',
    title: 'Rooms sent elsewhere when 2 % of the nodes die',
    unit: '%',
    value: ({ keysMoved }) => percent(keysMoved?.share),
  },
  {
    head: 'apart %',
    title: 'Peers whose room is on several nodes',
    unit: '%',
    value: ({ apart }) => percent(apart),
  },
  {
    head: 'calls x %',
    title: 'Offers, answers and candidates that cross nodes',
    unit: '%',
    value: ({ crossing }) => percent(crossing.calls),
  },
  {
    head: 'all x %',
    title: 'Deliveries that cross nodes',
    unit: '%',
    value: ({ crossing }) => percent(crossing.deliveries),
  },
  { head: 'join p50', title: 'Time to join, p50', unit: 'ms', value: ({ join }) => join.p50 },
  { head: 'p99 ms', title: 'Time to join, p99', unit: 'ms', value: ({ join }) => join.p99 },
  {
    head: 'back p99 s',
    title: 'Back in the room after the node died, p99',
    unit: 's',
    value: ({ back }) => (back.failure === undefined ? undefined : back.failure.p99 / 1000),
  },
  {
    head: 'broker in/s',
    title: 'Messages a second into the broker',
    unit: '/s',
    value: ({ broker }) => broker.in,
  },
  {
    head: 'out/s',
    title: 'Copies a second out of the broker',
    unit: '/s',
    value: ({ broker }) => broker.out,
  },
  {
    head: 'subscriptions',
    title: 'Subscriptions of nodes to rooms',
    unit: '',
    value: ({ broker }) => broker.subscriptions,
  },
]

/** The table of all outcomes, as text: a block for each size. */
export function table(outcomes: readonly Outcome[]): string {
  const sizes = [...new Set(outcomes.map(({ nodes }) => nodes))]
  const heads = COLUMNS.map(({ head }) => head.padStart(Math.max(head.length, 10) + 2))
  const row = (one: Outcome) =>
    COLUMNS.map(({ value }, i) => told(value(one)).padStart(heads[i]!.length)).join('')
  return sizes
    .map((size) => {
      const of = outcomes.filter(({ nodes }) => nodes === size)
      const title = `${size.toLocaleString('en')} nodes, ${of[0]!.peers.toLocaleString('en')} peers`
      const rows = of.map((one) => `  ${one.strategy.padEnd(14)}${row(one)}`)
      return [`\n${title}`, `  ${''.padEnd(14)}${heads.join('')}`, ...rows].join('\n')
    })
    .join('\n')
}

const told = (value: number | undefined): string =>
  value === undefined
    ? '–'
    : value.toLocaleString('en', { maximumFractionDigits: value < 10 ? 2 : value < 100 ? 1 : 0 })
