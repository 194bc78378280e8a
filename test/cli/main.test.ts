import * as assert from 'uvu/assert'
import { VERSION } from '../../core/version.js'
import { codeBlocks } from '../guard/markdown.js'
import { read } from '../guard/source-tree.js'
import { suite } from '../suite.js'
import { run } from './command.js'

suite('cli', (test) => {
  test('help: by name, by letter, with nothing at all, and behind a command', async (defer) => {
    const { code, stdout, stderr } = await run(defer, ['--help'])
    assert.equal([code, stderr], [0, ''])
    for (const words of [
      'Usage',
      'signalbox start',
      'signalbox check FILE',
      '--config FILE',
      '--port N',
      '--engine wasm|js',
    ]) {
      assert.ok(stdout.includes(words), words)
    }
    for (const args of [['-h'], [], ['start', '--help'], ['check', '-h']]) {
      assert.equal(await run(defer, args), { code: 0, stdout, stderr: '' }, args.join(' '))
    }
  })

  test('the page on the command line shows what it says', async (defer) => {
    const { stdout } = await run(defer, ['--help'])
    const page = read('docs/reference/cli.md')
    const usage = codeBlocks(page)[0]!.code.trimEnd().split('\n')
    const shown = stdout.split('\n').map((line) => line.trim())
    for (const line of usage) assert.ok(shown.includes(line), line)
    for (const [, option] of stdout.matchAll(/^ +(--\w+ \S+)/gm)) {
      assert.ok(page.replaceAll('\\|', '|').includes(`\`${option}\``), option)
    }
  })

  test('version: the number alone', async (defer) => {
    for (const flag of ['--version', '-v']) {
      assert.equal(await run(defer, [flag]), { code: 0, stdout: `${VERSION}\n`, stderr: '' })
    }
  })

  test('what it does not know ends with 2 and one line that says what there is', async (defer) => {
    const cases: [args: string[], line: RegExp][] = [
      [['strat'], /^signalbox: there is no command "strat"; there are: start, check, schema, hash-token$/m],
      [['constructor'], /^signalbox: there is no command "constructor"; /],
      [['start', '--prot', '1'], /^signalbox: Unknown option '--prot'.*; see signalbox --help$/m],
      [['start', 'config.json'], /^signalbox: Unexpected argument 'config.json'.*; see signalbox --help$/m],
      [
        ['start', '--config'],
        /^signalbox: Option '--config <value>' argument missing; see signalbox --help$/m,
      ],
      [['start', '--port', 'http'], /^signalbox: --port: must be a number from 0 to 65535, not "http"$/m],
      [['start', '--port', '65536'], /^signalbox: --port: must be a number from 0 to 65535, not "65536"$/m],
      [['start', '--port=-1'], /^signalbox: --port: must be a number/],
      [['start', '--engine', 'rust'], /^signalbox: engine: must be "wasm" or "js", not "rust"$/m],
      [['check'], /^signalbox: check takes one file: signalbox check FILE$/m],
      [['check', 'a.json', 'b.json'], /^signalbox: check takes one file/],
      [['schema', 'x'], /^signalbox: Unexpected argument 'x'/],
    ]
    const outcomes = await Promise.all(cases.map(([args]) => run(defer, args)))
    for (const [i, [args, line]] of cases.entries()) {
      const { code, stdout, stderr } = outcomes[i]!
      assert.equal([code, stdout], [2, ''], args.join(' '))
      assert.match(stderr, line)
      assert.is(stderr.split('\n').length, 2, 'one line')
    }
  }, 60_000)
})
