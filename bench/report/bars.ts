/** One case as horizontal bars: the median, a whisker from the least to the greatest sample, the number behind it. */

import { moreIsBetter, type Result } from '../report.js'
import { linear } from './scale.js'
import { escaped, family, short } from './words.js'

const WIDTH = 640
const LABEL = 130
const NUMBER = 120
const ROW = 22

/** `results` are of one case; the best comes first. */
export function bars(results: readonly Result[]): string {
  const unit = results[0]!.unit
  const sign = moreIsBetter(unit) ? -1 : 1
  const sorted = [...results].sort((a, b) => sign * (a.median - b.median))
  const scale = linear(Math.max(...sorted.map(({ max }) => max)), LABEL, WIDTH - NUMBER)
  const height = ROW * sorted.length + 22
  const grid = scale.ticks.map(
    (tick) =>
      `<line class="grid" x1="${scale.at(tick)}" x2="${scale.at(tick)}" y1="0" y2="${height - 20}"/>` +
      `<text class="tick" x="${scale.at(tick)}" y="${height - 6}" text-anchor="middle">${short(tick)}</text>`,
  )
  const rows = sorted.map((one, i) => row(one, i * ROW, scale.at))
  return `<svg viewBox="0 0 ${WIDTH} ${height}" role="img" aria-label="${escaped(spoken(sorted))}">${grid.join('')}${rows.join('')}</svg>`
}

function row({ variant, median, min, max, note }: Result, y: number, at: (value: number) => number): string {
  const middle = y + ROW / 2
  const marks = note === undefined ? '' : ' *'
  return [
    `<g class="${family(variant)}"><title>${escaped(`${variant}: ${short(median)} (${short(min)} to ${short(max)})${note === undefined ? '' : `; ${note}`}`)}</title>`,
    `<text class="label" x="${LABEL - 8}" y="${middle + 4}" text-anchor="end">${escaped(variant)}</text>`,
    `<rect x="${LABEL}" y="${y + 4}" width="${Math.max(1, at(median) - LABEL).toFixed(1)}" height="${ROW - 8}" rx="2"/>`,
    `<path class="whisker" d="M${at(min).toFixed(1)} ${middle}H${at(max).toFixed(1)}M${at(min).toFixed(1)} ${middle - 4}v8M${at(max).toFixed(1)} ${middle - 4}v8"/>`,
    `<text class="value" x="${Math.max(at(max), at(median)) + 8}" y="${middle + 4}">${short(median)}${marks}</text></g>`,
  ].join('')
}

const spoken = (sorted: readonly Result[]) =>
  sorted.map(({ variant, median }) => `${variant} ${short(median)}`).join(', ')
