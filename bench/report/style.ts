/** The look of the page: readable in the light and in the dark, on paper, and on a telephone. */

export const STYLE = `
:root { color-scheme: light dark; --ink: #1b1f24; --dim: #667; --grid: #d9dde3; --paper: #fff; --card: #f6f7f9;
  --wasm: #5b3fd6; --scalar: #9a86ea; --js: #d39a00; --peer: #7b8794; --ceiling: #2f9e6e; --missed: #d23c3c; }
@media (prefers-color-scheme: dark) {
  :root { --ink: #e8eaed; --dim: #9aa3ad; --grid: #333a42; --paper: #14171a; --card: #1c2025;
    --wasm: #9b86ff; --scalar: #6d5bc0; --js: #f0be3c; --peer: #7b8794; --ceiling: #4cc38e; --missed: #e86a6a; }
}
* { box-sizing: border-box }
body { margin: 0 auto; padding: 24px 16px 64px; max-width: 1400px; background: var(--paper); color: var(--ink);
  font: 16px/1.5 system-ui, sans-serif }
h1 { font-size: 1.6rem; margin: 0 0 4px } h2 { margin: 40px 0 4px; font-size: 1.25rem }
h3 { margin: 0; font-size: 1rem } p { margin: 4px 0 12px; max-width: 75ch } .dim, figcaption { color: var(--dim); font-size: .875rem }
.cards { display: grid; gap: 16px; grid-template-columns: repeat(auto-fill, minmax(min(420px, 100%), 1fr)) }
figure { margin: 0; padding: 14px 16px; border-radius: 8px; background: var(--card) }
svg { width: 100%; height: auto; display: block; overflow: visible }
.grid { stroke: var(--grid) } .tick { fill: var(--dim); font-size: 12px } .label, .value { fill: var(--ink); font-size: 13px }
.whisker { stroke: var(--ink); fill: none; stroke-opacity: .6 } .curve { fill: none; stroke-width: 2 }
.spread { fill: none; stroke-opacity: .35; stroke-width: 5 }
${['wasm', 'scalar', 'js', 'peer', 'ceiling', 'missed']
  .map(
    (name) =>
      `.${name} rect, .${name} circle { fill: var(--${name}) } .${name} .curve, .${name} .spread { stroke: var(--${name}) }`,
  )
  .join('\n')}
.key span { display: inline-block; margin-right: 16px } .key i { display: inline-block; width: 12px; height: 12px; border-radius: 3px; margin-right: 6px }
table { border-collapse: collapse; font-size: .9rem } td, th { padding: 4px 14px 4px 0; text-align: left; border-bottom: 1px solid var(--grid) }
td.number { text-align: right; font-variant-numeric: tabular-nums } .missed { color: var(--missed) } .reached { color: var(--ceiling) }
`
