/** `--html`: a picture for each column, a line for each strategy, over the size of the fleet. */

import { type Line, lines } from '../report/lines.js'
import { STYLE } from '../report/style.js'
import { escaped } from '../report/words.js'
import { COLUMNS, type Column, table } from './columns.js'
import type { Outcome } from './tally.js'

/** One HTML document that needs nothing else. */
export function simulationPage(outcomes: readonly Outcome[], commit: string, seed: number): string {
  const pictures = COLUMNS.map((column) => picture(column, outcomes)).join('')
  return `<!doctype html>
<html lang="en"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">
<title>Signalbox at scale</title><style>${STYLE}pre { overflow-x: auto; font-size: .8rem }</style></head><body>
<h1>Signalbox at scale</h1>
<p class="dim">A simulation: the balancers are the server's own, everything else is assumed. Commit ${escaped(commit)}, seed ${seed}. Both axes are logarithmic; zeros are left out.</p>
<div class="cards">${pictures}</div>
<pre>${escaped(table(outcomes))}</pre>
</body></html>
`
}

/** Empty where fewer than two sizes have something to show. */
function picture({ title, unit, value }: Column, outcomes: readonly Outcome[]): string {
  const strategies = [...new Set(outcomes.map(({ strategy }) => strategy))]
  const drawn = strategies
    .map(
      (name): Line => ({
        name,
        points: outcomes
          .filter(({ strategy }) => strategy === name)
          .flatMap((one) => {
            const y = value(one)
            return y === undefined || y <= 0 ? [] : [{ x: one.nodes, y, min: y, max: y }]
          }),
      }),
    )
    .filter(({ points }) => points.length > 1)
  if (drawn.length === 0) return ''
  return `<figure><h3>${escaped(title)}</h3>${lines(drawn, { title: 'nodes' }, { title: unit })}</figure>`
}
