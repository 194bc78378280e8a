import * as assert from 'uvu/assert'
import { microCases, populate } from '../../../bench/micro/cases.js'
import { type HotPath, hotPaths } from '../../../bench/micro/hot-path.js'
import { checkSameWork, micro } from '../../../bench/suites/micro.js'
import { suite } from '../../suite.js'

suite('bench/suites/micro', (test) => {
  test('every variant does the same work in every case', () => {
    const paths = hotPaths(['js', 'wasm'])
    assert.is(paths[0]!.name, 'idiomatic')
    for (const path of paths) populate(path)
    for (const one of microCases()) checkSameWork(one, paths)
  })

  test('a variant that does less is found out', () => {
    const paths = hotPaths(['js'])
    for (const path of paths) populate(path)
    const lazy: HotPath = { ...paths[1]!, rewritten: () => Buffer.alloc(0) }
    const rewrite = microCases()[0]!
    assert.throws(() => checkSameWork(rewrite, [paths[0]!, lazy]), /variants differ/)
  })

  test('a quick run has a result for each case and variant', async () => {
    const { results, absent } = await micro.run({ quick: true, engines: ['wasm'] })
    assert.equal(absent, [])
    const names = new Set(results.map((one) => one.case))
    for (const name of ['rewrite-64', 'rewrite-350', 'rewrite-3k', 'rewrite-8k', 'rewrite-60k', 'route-1000'])
      assert.ok(names.has(name), name)
    assert.ok(names.has('churn') && names.has('gc-3k pauses'))
    const variants = new Set(results.map(({ variant }) => variant))
    assert.ok(variants.has('idiomatic') && variants.has('wasm') && !variants.has('js'))
    for (const { case: name, variant, median, min, max, samples } of results) {
      assert.ok(min <= median && median <= max, `${name} ${variant}`)
      assert.is(samples.length, 2)
    }
  }, 60_000)
})
