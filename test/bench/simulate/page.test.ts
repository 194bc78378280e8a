import * as assert from 'uvu/assert'
import { COLUMNS, table } from '../../../bench/simulate/columns.js'
import { simulationPage } from '../../../bench/simulate/page.js'
import { Simulation } from '../../../bench/simulate/simulation.js'
import { STRATEGIES } from '../../../bench/simulate/strategies.js'
import { suite } from '../../suite.js'

suite('bench/simulate/page', (test) => {
  const outcomes = [1, 10, 20].flatMap((nodes) =>
    STRATEGIES.slice(0, 2).map((strategy) =>
      new Simulation(nodes, strategy, 1).run().outcome(nodes, strategy.name),
    ),
  )

  test('stands on its own, with a picture for whatever grows', () => {
    const html = simulationPage(outcomes, 'abc<', 1)
    assert.not.match(html, /<script|<link|src=|@import|url\(/)
    assert.not.match(html, /NaN|Infinity|undefined/)
    assert.match(html, 'abc&lt;')
    assert.is(html.split('<figure>').length - 1, COLUMNS.length)
  })

  test('the table has a block for each size and a line for each strategy', () => {
    const text = table(outcomes)
    assert.match(text, '20 nodes, 20,000 peers')
    assert.is(text.split('rendezvous').length - 1, 3)
  })
})
