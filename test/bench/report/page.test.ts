import * as assert from 'uvu/assert'
import { page } from '../../../bench/report/page.js'
import { suite } from '../../suite.js'
import { sampleReport } from '../sample-report.js'

suite('bench/report/page', (test) => {
  const html = page(sampleReport())

  test('stands on its own: nothing is fetched, nothing runs', () => {
    assert.not.match(html, /<script|<link|src=|@import|url\(/)
  })

  test('every suite with results has its chapter, and only those', () => {
    for (const suite of ['peers', 'micro', 'latency', 'growth', 'memory'])
      assert.match(html, new RegExp(`<section id="${suite}">`))
    assert.not.match(html, /<section id="load">/)
  })

  test('variants, medians and reservations can be read', () => {
    assert.match(html, /signalbox-wasm/)
    assert.match(html, /400 k/)
    assert.match(html, /other processes took 20 % of a core/)
  })

  test('what failed or was left out stands there, escaped', () => {
    assert.match(html, /Failed: peers · calls-w1 · protoo: connection 3 &lt;lost&gt; 1/)
    assert.match(html, /Left out: peers · c-relay/)
  })

  test('every number that is drawn is one', () => {
    assert.not.match(html, /NaN|Infinity|undefined/)
  })
})
