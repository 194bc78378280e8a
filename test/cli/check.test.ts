import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import { run } from './command.js'

suite('cli: check', (test) => {
  test('a good config, from any folder', async (defer) => {
    const config = {
      $schema: './s.json',
      listen: { port: 1 },
      plugins: { auth: [{ use: 'open' }] },
      page: false,
    }
    const folder = temporaryFolder(defer, { 'conf/good.json': JSON.stringify(config) })
    assert.equal(await run(defer, ['check', 'conf/good.json'], { cwd: folder }), {
      code: 0,
      stdout: 'conf/good.json: good\n',
      stderr: '',
    })
  })

  test('starts nothing: a port that is taken is not its business', async (defer) => {
    const folder = temporaryFolder(defer, { 'a.json': '{"listen": {"port": 1}, "page": false}' })
    assert.is((await run(defer, ['check', 'a.json'], { cwd: folder })).code, 0)
  })

  test('a bad one: every problem, one line each, also in the options of plugins', async (defer) => {
    const folder = temporaryFolder(defer, {
      'keys.json': JSON.stringify({ listn: {}, limits: { peers: 'many' } }),
      'plugins.json': JSON.stringify({
        plugins: { transport: [{ use: 'ws', options: { pth: '/' } }], auth: [{ use: 'jtw' }] },
      }),
      'open.json': JSON.stringify({ listen: { host: '0.0.0.0' } }),
    })
    const lines = async (file: string) => {
      const { code, stdout, stderr } = await run(defer, ['check', file], { cwd: folder })
      assert.equal([code, stdout], [2, ''], file)
      return stderr.trimEnd().split('\n')
    }
    assert.equal(await lines('keys.json'), [
      'signalbox: listn: unknown key; did you mean "listen"?',
      'signalbox: limits.peers: must be an integer, not this string',
    ])
    assert.equal(await lines('plugins.json'), [
      'signalbox: plugins.auth[0].use: there is no such plugin: "jtw"; did you mean "jwt"?',
      'signalbox: plugins.transport[0].options.pth: unknown key; did you mean "path"?',
    ])
    const open = await lines('open.json')
    assert.is(open.length, 1)
    assert.match(open[0]!, /^signalbox: plugins\.auth\[0\]\.options\.insecure: .*127\.0\.0\.1/)
  })

  test('workers are checked, and none is started', async (defer) => {
    const folder = temporaryFolder(defer, {
      'good.json': '{"workers": {"min": 2, "max": 4}}',
      'bad.json': '{"workers": {"min": 4, "max": 2}}',
    })
    const good = await run(defer, ['check', 'good.json'], { cwd: folder })
    assert.equal([good.code, good.stdout], [0, 'good.json: good\n'])
    const bad = await run(defer, ['check', 'bad.json'], { cwd: folder })
    assert.equal(
      [bad.code, bad.stderr],
      [2, 'signalbox: workers: min is 4 and max is 2; make min the smaller\n'],
    )
  })
})
