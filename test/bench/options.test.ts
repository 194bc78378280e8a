import * as assert from 'uvu/assert'
import { MENU, parseOptions, SUITES } from '../../bench/options.js'
import { UsageError } from '../../core/cli/usage-error.js'
import { suite } from '../suite.js'

const refusal = (...args: string[]): string => {
  try {
    parseOptions(args)
  } catch (error) {
    assert.instance(error, UsageError)
    return (error as Error).message
  }
  throw new Error(`${args.join(' ')} was accepted`)
}

suite('bench/options', (test) => {
  test('nothing asked for, or help: the menu', () => {
    assert.equal(parseOptions([]).suites, [])
    assert.equal(parseOptions(['micro', '--help']).suites, [])
    for (const name of SUITES) assert.match(MENU, new RegExp(`^  ${name} `, 'm'))
  })

  test('all is every suite but load, which peers includes, and suites run once and in their order', () => {
    assert.equal(
      parseOptions(['all']).suites,
      SUITES.filter((name) => name !== 'load'),
    )
    assert.equal(parseOptions(['all', 'load']).suites, SUITES)
    assert.equal(parseOptions(['peers', 'micro', 'peers']).suites, ['micro', 'peers'])
  })

  test('options arrive', () => {
    const options = parseOptions([
      ...['load', '--quick', '--engine', 'js', '--json', 'a.json'],
      ...['--html', 'a.html', '--compare', 'b.json'],
    ])
    assert.equal(options, {
      suites: ['load'],
      quick: true,
      engines: ['js'],
      json: 'a.json',
      html: 'a.html',
      compare: 'b.json',
      profile: undefined,
    })
    assert.is(parseOptions(['load', '--profile', 'calls-w8']).profile, 'calls-w8')
    assert.equal(parseOptions(['load']).engines, ['wasm', 'js'])
  })

  test('nonsense is refused in one line that says what there is', () => {
    assert.match(refusal('macro'), /no benchmark "macro"; there are: micro, load/)
    assert.match(refusal('load', '--engine', 'python'), /must be wasm or js, not "python"/)
    assert.match(refusal('load', '--fast'), /--fast/)
    assert.match(refusal('load', '--json'), /--json/)
    assert.match(refusal('load', '--profile', 'calls'), /no load "calls"; there are: calls-w1, /)
    for (const suites of [['peers'], ['all'], ['load', 'micro'], []])
      assert.match(refusal(...suites, '--profile', 'calls-w8'), /goes with load alone/)
    for (const args of [['macro'], ['load', '--fast'], ['load', '--json']])
      assert.not.match(refusal(...args), /\n/)
  })
})
