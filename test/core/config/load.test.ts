// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a config look like templates
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../../core/config/config-error.js'
import { parseConfig, readJson } from '../../../core/config/load.js'
import { suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

const problem = (run: () => unknown): string => {
  try {
    run()
  } catch (error) {
    if (error instanceof ConfigError) return error.message
    throw error
  }
  return 'no problem'
}

suite('config/load', (test) => {
  test('reads the JSON of a file', (defer) => {
    const folder = temporaryFolder(defer, { 'a.json': '{"listen":{"port":1}}' })
    assert.equal(readJson(join(folder, 'a.json')), { listen: { port: 1 } })
  })

  test('a file that is missing, or that is a folder, is named', (defer) => {
    const folder = temporaryFolder(defer)
    const missing = join(folder, 'none.json')
    assert.is(
      problem(() => readJson(missing)),
      `${missing}: there is no such file; name an existing JSON file`,
    )
    assert.match(
      problem(() => readJson(folder)),
      /EISDIR.*; name an existing JSON file$/,
    )
  })

  test('what is not JSON is shown by line and column', (defer) => {
    const cases: [text: string, where: string, what: string][] = [
      ['{"a":}', '1:6', 'unexpected "}"'],
      ['{\n  "a": 1,\n}', '3:1', 'unexpected "}"'],
      ['{\n  "a": 1\n  "b": 2\n}', '3:3', 'unexpected "\\""'],
      ["{'a': 1}", '1:2', 'unexpected "\'"'],
      ['{"a": 1} x', '1:10', 'unexpected "x"'],
      ['{"a": "x\ny"}', '1:9', 'unexpected "\\n"'],
      ['\ufeff{}', '1:1', 'unexpected "\ufeff"'],
      ['{"a": [1, 2', '1:12', 'the file ends too early'],
      ['{"a": "abc', '1:11', 'the file ends too early'],
      ['{"a": 1.', '1:9', 'the file ends too early'],
      ['', '1:1', 'the file ends too early'],
      ['{"a": // why\n1}', '1:7', 'unexpected "/"'],
      ['{"a": truth}', '1:10', 'unexpected "t"'],
    ]
    for (const [text, where, what] of cases) {
      const folder = temporaryFolder(defer, { 'a.json': text })
      const file = join(folder, 'a.json')
      assert.is(
        problem(() => readJson(file)),
        `${file}:${where}: not valid JSON: ${what}; mend the file there or just before`,
        text,
      )
    }
  })

  test('a syntax error does not quote the secrets around it', (defer) => {
    const folder = temporaryFolder(defer, { 'a.json': '{"secret": hunter2hunter2}' })
    assert.not.match(
      problem(() => readJson(join(folder, 'a.json'))),
      /unter2/,
    )
  })

  test('nothing becomes the defaults, deep-frozen', () => {
    const config = parseConfig({}, '.')
    assert.equal(
      [config.listen, config.engine, config.page],
      [{ host: '127.0.0.1', port: 8080, names: [], proxies: [] }, 'wasm', true],
    )
    assert.equal(config.plugins.auth, [{ use: 'open' }])
    assert.throws(() => {
      ;(config.listen as { port: number }).port = 1
    }, /read only/)
    assert.is(parseConfig({}, '.').plugins.auth[0]!.use, 'open')
  })

  test('references are replaced before anything is checked', (defer) => {
    const directory = temporaryFolder(defer, { token: 'sixteen characters\n' })
    const value = { listen: { host: '${env:HOST}' }, admin: { token: '${file:token}' } }
    const config = parseConfig(value, directory, { HOST: '127.0.0.2' })
    assert.is(config.listen.host, '127.0.0.2')
    assert.equal(config.admin, { token: 'sixteen characters' })
  })

  test('problems have the path that a person would write', () => {
    const wrong = { listn: {}, limits: { peers: 'many' }, plugins: { auth: [{ use: 'open', option: 1 }] } }
    assert.equal(problem(() => parseConfig(wrong, '.')).split('\n'), [
      'listn: unknown key; did you mean "listen"?',
      'limits.peers: must be an integer, not this string',
      'plugins.auth[0].option: unknown key; did you mean "options"?',
    ])
  })

  test('a key called __proto__ is a key like any other', () => {
    const value = JSON.parse('{"__proto__": {"engine": "js"}}')
    assert.match(
      problem(() => parseConfig(value, '.')),
      /^__proto__: unknown key/,
    )
  })
})
