/** `--html`: one page with everything in it, for people who read plots and not code. */

import { type Goal, goals } from '../goals.js'
import { HALF_LOADS, LATENCY_LOADS, LOADS } from '../load/loads.js'
import type { SuiteName } from '../options.js'
import { MULTIPLES } from '../overload/ramp.js'
import type { Absence, Meta, Report, Result } from '../report.js'
import { GROWTH_LOADS } from '../suites/growth.js'
import { PERCENTILES } from '../suites/latency.js'
import { bars } from './bars.js'
import { type Line, lines } from './lines.js'
import { STYLE } from './style.js'
import { escaped } from './words.js'

const CHAPTERS: Readonly<Record<SuiteName, { readonly title: string; readonly text: string }>> = {
  peers: {
    title: 'Side by side',
    text: 'Deliveries a second that one core serves; longer is better. The relays read no message: they are the ceiling.',
  },
  load: {
    title: 'Engine against engine',
    text: 'Deliveries a second of the whole server; longer is better.',
  },
  micro: {
    title: 'The hot path alone',
    text: 'Time a step; shorter is better. idiomatic is JSON.parse, a Map of Sets, JSON.stringify.',
  },
  latency: {
    title: 'Latency at a fixed rate',
    text: 'From when a message was due to its arrival. Both axes are logarithmic: the right end is the worst in 10,000.',
  },
  growth: {
    title: 'Growth',
    text: 'Processor time of the server for one delivery, nothing batched; a flat line is what one hopes for.',
  },
  balance: {
    title: 'Balancers',
    text: '20 nodes, 10,000 rooms, 100,000 joins: how far the fullest node is over the mean, how many keys move, what a decision costs; shorter is better.',
  },
  bus: {
    title: 'Buses',
    text: 'A message from one process to another: throughput and processor time with 128 on their way, latency with one at a time. jetstream and redis-stream write everything down.',
  },
  overload: {
    title: 'Overload',
    text: 'Calls go on at a fixed rate while newcomers come, and others who are connected join and publish, at multiples of what the server can take beside them. Served is what was asked for and came about in time: messages of calls, joins, words to rooms; p99 is that of the calls, from when a message was due.',
  },
  cluster: {
    title: 'Several processes',
    text: 'workers: each has half a core, the load client another one; across: two members of a room on two nodes, deliveries for each second of processor time of both nodes, what the broker takes besides, and by how much a delivery is later than on one node.',
  },
  memory: {
    title: 'Memory',
    text: 'Resident bytes that each of 10,000 idle connections adds, and each membership in a room; shorter is better.',
  },
}

/** What of an overload is drawn over its size: the words behind the multiple, the title, the unit. */
const OVERLOAD_PLOTS = [
  ['served', 'Served in time', 'requests/s'],
  ['p50', 'Median of the calls', 'ms'],
  ['p99', 'p99 of the calls', 'ms'],
  ['joined', 'Joins of those who are connected', 'requests/s'],
] as const

/** The report as one HTML document that needs nothing else. */
export function page(report: Report): string {
  const chapters = (Object.keys(CHAPTERS) as SuiteName[]).map((suite) => {
    const results = report.results.filter((one) => one.suite === suite)
    if (results.length === 0) return ''
    const { title, text } = CHAPTERS[suite]
    return `<section id="${suite}"><h2>${title}</h2><p>${text}</p><div class="cards">${plots(suite, results)}</div></section>`
  })
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signalbox benchmarks</title><style>${STYLE}</style></head><body>
<h1>Signalbox benchmarks</h1>${origin(report.meta)}
<p class="key">${key()}</p>
${chapters.join('\n')}
${goalTable(goals(report))}
${absences(report.meta.absent)}
</body></html>
`
}

function origin({ machine, node, commit, at, options, loadAverage, clientShare }: Meta): string {
  const client =
    clientShare === undefined ? '' : `; load client at most ${Math.round(clientShare * 100)} % busy`
  return `<p class="dim">${escaped(machine.cpu)}, ${machine.cores} cores, Linux ${escaped(machine.kernel)}, Node ${escaped(node)}; commit ${escaped(commit)}, ${escaped(at.slice(0, 16).replace('T', ' '))} UTC${options.quick ? '; quick run' : ''}; load average ${loadAverage.before} before, ${loadAverage.after} after${client}. Bars are medians, whiskers the least and the greatest round. * marks a number with a reservation, told below it. Read ratios, not absolutes.</p>`
}

const key = () =>
  [
    ['wasm', 'signalbox, WebAssembly engine'],
    ['scalar', 'the same without SIMD'],
    ['js', 'signalbox, JavaScript engine'],
    ['peer', 'other servers'],
    ['ceiling', 'relays that read nothing'],
  ]
    .map(([name, text]) => `<span><i style="background:var(--${name})"></i>${text}</span>`)
    .join('')

function plots(suite: SuiteName, results: readonly Result[]): string {
  if (suite === 'latency') return latencyPlots(results)
  if (suite === 'growth') return growthPlots(results)
  if (suite === 'overload') return overloadPlots(results)
  const stories = new Map(LOADS.map(({ name, story }) => [name, story]))
  return [...byCase(results)]
    .map(([name, group]) =>
      figure(name, `${stories.get(name) ?? ''} (${group[0]!.unit})`, bars(group) + reservations(group)),
    )
    .join('')
}

function latencyPlots(results: readonly Result[]): string {
  const curves = [...LATENCY_LOADS, ...HALF_LOADS].map(({ name, story }) => {
    const points = PERCENTILES.map((p) => ({ x: 100 / (100 - Number(p)), case: `${name} p${p}` }))
    const drawn = curvesOf(results, points)
    if (drawn.length === 0) return ''
    const marks = PERCENTILES.filter((p) => ['50', '90', '99', '99.9', '99.99'].includes(p))
    const xAxis = {
      title: 'percentile',
      marks: marks.map((p) => ({ at: 100 / (100 - Number(p)), text: `${p} %` })),
    }
    return figure(name, story, lines(drawn, xAxis, { title: 'µs' }))
  })
  const rest = results.filter((one) => one.case.includes(' gc'))
  const garbage = [...byCase(rest)].map(([name, group]) =>
    figure(name, `in each second (${group[0]!.unit})`, bars(group)),
  )
  return [...curves, ...garbage].join('')
}

function growthPlots(results: readonly Result[]): string {
  return ['connections', 'rooms']
    .map((what) => {
      const points = GROWTH_LOADS.filter(({ name }) => name.startsWith(what)).map(({ name }) => ({
        x: Number(name.split('-')[1]),
        case: name,
      }))
      const drawn = curvesOf(results, points)
      return drawn.length === 0
        ? ''
        : figure(`cost over ${what}`, '', lines(drawn, { title: what }, { title: 'ns/delivery' }))
    })
    .join('')
}

function overloadPlots(results: readonly Result[]): string {
  const multiples = [...new Set(MULTIPLES)]
  const marks = [0.25, 0.5, 1, 2, 3].map((at) => ({ at, text: `${at} ×` }))
  return OVERLOAD_PLOTS.map(([what, title, unit]) => {
    const points = multiples.map((multiple) => ({ x: multiple, case: `${multiple} ${what}` }))
    const drawn = curvesOf(results, points)
    if (drawn.length === 0) return ''
    return figure(
      title,
      '',
      lines(drawn, { title: 'newcomers, of what can be taken', marks }, { title: unit }),
    )
  }).join('')
}

/** A line for each variant through its results in these cases. */
function curvesOf(
  results: readonly Result[],
  points: readonly { readonly x: number; readonly case: string }[],
): Line[] {
  const names = [...new Set(results.map(({ variant }) => variant))]
  return names
    .map((name) => ({
      name,
      points: points.flatMap((point) => {
        const one = results.find((each) => each.variant === name && each.case === point.case)
        return one ? [{ x: point.x, y: one.median, min: one.min, max: one.max }] : []
      }),
    }))
    .filter((line) => line.points.length > 1)
}

/** What the stars stand for. */
function reservations(group: readonly Result[]): string {
  const noted = group.filter(({ note }) => note !== undefined)
  if (noted.length === 0) return ''
  const said = noted.map(({ variant, note }) => `${variant}: ${note}`).join(' · ')
  return `<details><summary class="dim">* ${noted.length} with a reservation</summary><p class="dim">${escaped(said)}</p></details>`
}

const figure = (title: string, text: string, plot: string) =>
  `<figure><h3>${escaped(title)}</h3><figcaption>${escaped(text)}</figcaption>${plot}</figure>`

function byCase(results: readonly Result[]): Map<string, Result[]> {
  const cases = new Map<string, Result[]>()
  for (const one of results) cases.set(one.case, [...(cases.get(one.case) ?? []), one])
  return cases
}

function goalTable(all: readonly Goal[]): string {
  const rows = all
    .filter(({ measured }) => measured !== undefined)
    .map(
      ({ what, sense, goal, measured, reached }) =>
        `<tr><td>${escaped(what)}</td><td class="number">${sense} ${Number(goal.toPrecision(3))}</td><td class="number ${reached ? 'reached' : 'missed'}">${measured!.toPrecision(3)} ${reached ? '✓' : '✗'}</td></tr>`,
    )
  return rows.length === 0
    ? ''
    : `<section id="goals"><h2>Figures to reach</h2><p>What the project aimed at. A goal that was missed stands here like one that was reached.</p><table><tr><th>what</th><th>goal</th><th>measured</th></tr>${rows.join('')}</table></section>`
}

function absences(absent: readonly Absence[]): string {
  if (absent.length === 0) return ''
  const rows = absent.map(
    ({ suite, case: name, variant, why, failure }) =>
      `<li class="${failure ? 'missed' : ''}">${failure ? 'Failed' : 'Left out'}: ${escaped([suite, name, variant].filter(Boolean).join(' · '))}: ${escaped(why)}</li>`,
  )
  return `<section><h2>Not measured</h2><ul>${rows.join('')}</ul></section>`
}
