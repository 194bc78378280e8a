/** Lines over a common axis: latency over percentiles, cost over size. Both axes logarithmic. */

import { logarithmic } from './scale.js'
import { escaped, family, short } from './words.js'

const WIDTH = 640
const HEIGHT = 320
const LEFT = 56
const RIGHT = 150
const BOTTOM = 40
/** Names at the lines' ends don't come closer than this. */
const NAME_GAP = 15

export interface Point {
  readonly x: number
  readonly y: number
  readonly min: number
  readonly max: number
}

export interface Line {
  readonly name: string
  readonly points: readonly Point[]
}

export interface Axis {
  readonly title: string
  /** Where the marks are and what they say; by default the powers of ten. */
  readonly marks?: readonly { readonly at: number; readonly text: string }[]
}

export function lines(drawn: readonly Line[], xAxis: Axis, yAxis: Axis): string {
  const points = drawn.flatMap((line) => line.points)
  const xs = points.map(({ x }) => x)
  const x = logarithmic(Math.min(...xs), Math.max(...xs), LEFT, WIDTH - RIGHT)
  const lowest = Math.min(...points.map(({ min }) => min))
  const highest = Math.max(...points.map(({ max }) => max))
  const y = logarithmic(lowest, highest, HEIGHT - BOTTOM, 10)
  const marks = xAxis.marks ?? x.ticks.map((tick) => ({ at: tick, text: short(tick) }))
  const grid = [
    ...y.ticks.map(
      (tick) =>
        `<line class="grid" x1="${LEFT}" x2="${WIDTH - RIGHT}" y1="${y.at(tick)}" y2="${y.at(tick)}"/>` +
        `<text class="tick" x="${LEFT - 6}" y="${y.at(tick) + 4}" text-anchor="end">${short(tick)}</text>`,
    ),
    ...marks.map(
      ({ at, text }) =>
        `<text class="tick" x="${x.at(at)}" y="${HEIGHT - BOTTOM + 18}" text-anchor="middle">${escaped(text)}</text>`,
    ),
    `<text class="tick" x="${(LEFT + WIDTH - RIGHT) / 2}" y="${HEIGHT - 4}" text-anchor="middle">${escaped(xAxis.title)}</text>`,
    `<text class="tick" x="12" y="${(HEIGHT - BOTTOM) / 2}" text-anchor="middle" transform="rotate(-90 12 ${(HEIGHT - BOTTOM) / 2})">${escaped(yAxis.title)}</text>`,
  ]
  const places = apart(drawn.map(({ points: own }) => y.at(own.at(-1)!.y)))
  const curves = drawn.map((line, i) => curve(line, places[i]!, x.at, y.at))
  return `<svg viewBox="0 0 ${WIDTH} ${HEIGHT}" role="img" aria-label="${escaped(drawn.map(({ name }) => name).join(', '))}">${grid.join('')}${curves.join('')}</svg>`
}

function curve(
  { name, points }: Line,
  nameY: number,
  x: (value: number) => number,
  y: (value: number) => number,
): string {
  const path = points
    .map((point, i) => `${i === 0 ? 'M' : 'L'}${x(point.x).toFixed(1)} ${y(point.y).toFixed(1)}`)
    .join('')
  const whiskers = points
    .map(({ x: at, min, max }) => `M${x(at).toFixed(1)} ${y(min).toFixed(1)}V${y(max).toFixed(1)}`)
    .join('')
  const said = points.map((point) => `${short(point.x)}: ${short(point.y)}`).join(', ')
  return [
    `<g class="${family(name)}"><title>${escaped(`${name}: ${said}`)}</title>`,
    `<path class="spread" d="${whiskers}"/><path class="curve" d="${path}"/>`,
    ...points.map((point) => `<circle cx="${x(point.x).toFixed(1)}" cy="${y(point.y).toFixed(1)}" r="2.5"/>`),
    `<text class="label" x="${WIDTH - RIGHT + 10}" y="${(nameY + 4).toFixed(1)}">${escaped(name)}</text></g>`,
  ].join('')
}

/** Moves names down until they don't overlap, in the order of their lines. */
function apart(wanted: readonly number[]): number[] {
  const order = wanted.map((_, i) => i).sort((a, b) => wanted[a]! - wanted[b]!)
  const places = [...wanted]
  let last = Number.NEGATIVE_INFINITY
  for (const i of order) {
    places[i] = Math.max(places[i]!, last + NAME_GAP)
    last = places[i]
  }
  return places
}
