import { readdirSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { UsageError } from '../../core/cli/usage-error.js'
import { ENGINES, suite } from '../suite.js'
import { EXPERIMENTS } from './experiments.js'
import { FULL, QUICK } from './lab.js'
import { HELP, parseOptions } from './options.js'

suite('faults/options', (test) => {
  test('without a word: everything, with both engines, at full scale', () => {
    assert.equal(parseOptions([]), { experiments: EXPERIMENTS, engines: ENGINES, seed: 1, scale: FULL })
  })

  test('figures go over those of the scale', () => {
    const args = '--quick --engine js --seed 7 --seeds 2 --clients 5 --faults 3 storm mayhem'
    const { experiments, engines, seed, scale } = parseOptions(args.split(' '))
    assert.equal(
      experiments.map(({ name }) => name),
      ['mayhem', 'storm'],
    )
    assert.equal(engines, ['js'])
    assert.is(seed, 7)
    assert.equal(scale, { ...QUICK, seeds: 2, clients: 5, faults: 3 })
  })

  test('help runs nothing, and names everything', () => {
    assert.equal(parseOptions(['--help']).experiments, [])
    for (const { name, about } of EXPERIMENTS) assert.ok(HELP.includes(name) && HELP.includes(about))
  })

  test('what makes no sense is told in one line', () => {
    for (const args of [['tea'], ['--engine', 'steam'], ['--seed', '-1'], ['--clients', '0'], ['--loud']]) {
      assert.throws(
        () => parseOptions(args),
        (error: Error) => error instanceof UsageError && !error.message.includes('\n'),
        args.join(' '),
      )
    }
  })

  test('an experiment is never forgotten: each file that exports one is on the list', () => {
    const files = readdirSync(new URL('./experiments', import.meta.url)).filter((name) =>
      name.endsWith('.js'),
    )
    const tools = ['crowd.js', 'load.js', 'mischief.js']
    assert.is(files.filter((name) => !tools.includes(name)).length, EXPERIMENTS.length)
  })
})
