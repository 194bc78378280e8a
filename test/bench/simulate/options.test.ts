import * as assert from 'uvu/assert'
import { HELP, parseSimulateOptions } from '../../../bench/simulate/options.js'
import { STRATEGIES } from '../../../bench/simulate/strategies.js'
import { UsageError } from '../../../core/cli/usage-error.js'
import { suite } from '../../suite.js'

const sizes = (...args: string[]): number[] => [
  ...new Set(parseSimulateOptions(args).runs.map(({ nodes }) => nodes)),
]

suite('bench/simulate/options', (test) => {
  test('all sizes, the quick ones, one size, one strategy', () => {
    assert.equal(sizes(), [1, 10, 100, 1000, 10_000])
    assert.equal(sizes('--quick'), [1, 10, 100])
    assert.equal(sizes('--nodes', '7'), [7])
    assert.is(parseSimulateOptions(['--nodes', '7']).runs.length, STRATEGIES.length)
    const { runs, seed } = parseSimulateOptions(['--strategy', 'region by key', '--seed', '9'])
    assert.equal(
      runs.map(({ nodes, strategy }) => [nodes, strategy.name]),
      [1, 10, 100, 1000, 10_000].map((nodes) => [nodes, 'region by key']),
    )
    assert.is(seed, 9)
    assert.equal(parseSimulateOptions(['--with', 'a', '--with', 'b']).earlier, ['a', 'b'])
  })

  test('help runs nothing and names every strategy', () => {
    assert.equal(parseSimulateOptions(['--help']).runs, [])
    for (const { name } of STRATEGIES) assert.match(HELP, `"${name}"`)
  })

  test('nonsense is refused in one line', () => {
    const cases = [
      ['--nodes', '0'],
      ['--nodes', '10001'],
      ['--nodes', 'x'],
      ['--strategy', 'x'],
      ['--seed', '-1'],
      ['x'],
    ]
    for (const args of cases) {
      assert.throws(
        () => parseSimulateOptions(args),
        (error: Error) => error instanceof UsageError && !error.message.includes('\n'),
        args.join(' '),
      )
    }
  })
})
