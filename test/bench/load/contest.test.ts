import * as assert from 'uvu/assert'
import { contest, contestSeconds, paced } from '../../../bench/load/contest.js'
import { HALF_LOADS, LATENCY_LOADS, LOADS } from '../../../bench/load/loads.js'
import { startServer } from '../../../bench/load/server.js'
import { signalbox, type Variant } from '../../../bench/load/variants.js'
import { Progress } from '../../../bench/progress.js'
import { suite } from '../../suite.js'
import { missingCompiler } from './missing-compiler.js'

const run = (load: string, variants: readonly Variant[]) =>
  contest({
    suite: 'load',
    loads: LOADS.filter(({ name }) => name === load),
    variants,
    rules: { rounds: 2, warmSeconds: 0.05, measureSeconds: 0.1 },
    progress: new Progress(1, { isTTY: false } as NodeJS.WriteStream),
    read: (one, { outcome }) => [
      { case: one.name, unit: 'deliveries/s', value: outcome.deliveries / outcome.seconds },
    ],
  })

suite('bench/load/contest: rates', (test) => {
  const able = (...perSecond: number[]) => perSecond.map((one) => ({ perSecond: one }))

  test('a fixed rate stays where all can keep it, and is scaled down where one can not', () => {
    const calls = LATENCY_LOADS.find(({ name }) => name === 'calls')!
    assert.is(paced(calls, able(90_000, 35_000)).perSecond, 24_000)
    assert.is(paced(calls, able(90_000, 10_000)).perSecond, 8000)
    assert.is(paced(calls, []).perSecond, 24_000)
  })

  test('half load is half of what the slowest can do', () => {
    assert.is(paced(HALF_LOADS[0]!, able(400_000, 100_000)).perSecond, 50_000)
  })

  test('a closed loop has no rate', () => {
    assert.is(paced(LOADS[0]!, able(1)).perSecond, undefined)
  })

  test('what it will take grows with what there is to do', () => {
    const rules = { rounds: 5, warmSeconds: 0.3, measureSeconds: 0.7 }
    assert.ok(contestSeconds(1, rules) > 5)
    assert.is(contestSeconds(20, rules), 20 * contestSeconds(1, rules))
  })
})

suite('bench/load/contest', (test) => {
  if (missingCompiler !== undefined) {
    test.skip('everything', 'there is no C compiler for the load client')
    return
  }

  for (const load of ['storm', 'mixed']) {
    test(`both engines deliver everything under ${load}`, async () => {
      const { results, absent } = await run(load, [signalbox('wasm'), signalbox('js')])
      assert.equal(absent, [])
      assert.equal(
        results.map(({ variant, samples }) => [variant, samples.length]),
        [
          ['signalbox-wasm', 2],
          ['signalbox-js', 2],
        ],
      )
      for (const { median } of results) assert.ok(median > 0)
    }, 60_000)
  }

  test('a server that does not start is named and left out; the others go on', async () => {
    const broken: Variant = {
      name: 'broken',
      dialect: 'ws',
      start: () => startServer({ node: '/nowhere/at/all.mjs' }),
    }
    const { results, absent } = await run('single-10', [broken, signalbox('js')])
    assert.equal(
      results.map(({ variant }) => variant),
      ['signalbox-js'],
    )
    assert.is(absent.length, 1)
    assert.is(absent[0]!.variant, 'broken')
    assert.is(absent[0]!.failure, false)
    assert.match(absent[0]!.why, /Cannot find module/)
  }, 60_000)

  test('a server that loses what it is sent fails the run', async () => {
    const wrong: Variant = { ...signalbox('js'), name: 'wrong', dialect: 'relay' }
    const { results, absent } = await run('single-10', [wrong])
    assert.equal(results, [])
    assert.is(absent[0]!.failure, true)
  }, 60_000)
})
