import { readdirSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { UsageError } from '../../core/cli/usage-error.js'
import { ENGINES, suite } from '../suite.js'
import { BUSES } from './cluster.js'
import { EXPERIMENTS } from './experiments.js'
import { FULL, QUICK } from './lab.js'
import { HELP, parseOptions } from './options.js'

suite('faults/options', (test) => {
  test('without a word: everything, with both engines, at full scale', () => {
    const all = {
      experiments: EXPERIMENTS,
      engines: ENGINES,
      buses: BUSES,
      seed: 1,
      keep: undefined,
      scale: FULL,
    }
    assert.equal(parseOptions([]), all)
  })

  test('figures go over those of the scale', () => {
    const args = '--quick --engine js --bus nats --seed 7 --seeds 2 --clients 5 --faults 3 storm mayhem'
    const { experiments, engines, buses, seed, scale } = parseOptions(args.split(' '))
    assert.equal(
      experiments.map(({ name }) => name),
      ['mayhem', 'storm'],
    )
    assert.equal(engines, ['js'])
    assert.equal(buses, ['nats'])
    assert.is(seed, 7)
    assert.equal(scale, {
      ...QUICK,
      seeds: 2,
      clients: 5,
      faults: 3,
      cluster: { ...QUICK.cluster, clients: 5, seeds: 2 },
    })
  })

  test('help runs nothing, and names everything', () => {
    assert.equal(parseOptions(['--help']).experiments, [])
    for (const { name, about } of EXPERIMENTS) assert.ok(HELP.includes(name) && HELP.includes(about))
  })

  test('what makes no sense is told in one line', () => {
    for (const args of [
      ['tea'],
      ['--engine', 'steam'],
      ['--bus', 'line 9'],
      ['--seed', '-1'],
      ['--clients', '0'],
      ['--loud'],
    ]) {
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
    const tools = ['cluster-run.js', 'crowd.js', 'load.js', 'mischief.js']
    assert.is(files.filter((name) => !tools.includes(name)).length, EXPERIMENTS.length)
  })
})
