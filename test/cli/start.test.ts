// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a config look like templates
import { createServer } from 'node:net'
import * as assert from 'uvu/assert'
import { RawClient } from '../live-server.js'
import { suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import { banner, type Command, run, signalbox } from './command.js'

const ANYWHERE = ['start', '--port', '0']

/** Whether anything answers at a port of this machine. */
async function listening(port: number): Promise<boolean> {
  const probe = createServer()
  try {
    await new Promise<void>((resolve, reject) =>
      probe.once('error', reject).listen(port, '127.0.0.1', resolve),
    )
    await new Promise((resolve) => probe.close(resolve))
    return false
  } catch {
    return true
  }
}

/** Banner and log come through two pipes: either may be first. */
async function firstLogLine(command: Command): Promise<Record<string, unknown>> {
  while (!command.stderr().includes('\n')) await new Promise((resolve) => setTimeout(resolve, 5))
  return JSON.parse(command.stderr().split('\n')[0]!)
}

suite('cli: start', (test) => {
  test('without a config: a banner with the URLs, and the page, clients and operators behind them', async (defer) => {
    const command = signalbox(defer, ANYWHERE)
    const { page, clients, operators } = await banner(command)
    assert.match(page, /^http:\/\/127\.0\.0\.1:\d+\/$/)
    assert.match(clients, /^ws:\/\/127\.0\.0\.1:\d+\/signal$/)
    const answer = await fetch(page)
    assert.equal([answer.status, answer.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    assert.match(await (await fetch(operators)).text(), /^# HELP /m)
    const client = new RawClient(page.slice(0, -1), { query: 'room=kitchen' })
    defer(() => client.socket.terminate())
    assert.equal((await client.next('joined')).peers, [])
  })

  test('the banner names what the config says, and nothing else', async (defer) => {
    const plugins = {
      transport: [{ use: 'ws', options: { path: '/calls' } }],
      observer: [{ use: 'metrics', options: { path: '/figures' } }],
    }
    const folder = temporaryFolder(defer, {
      'a.json': JSON.stringify({ page: false, plugins }),
      'b.json': '{"admin": false, "page": false}',
    })
    const command = signalbox(defer, [...ANYWHERE, '--config', 'a.json'], { cwd: folder })
    const { clients, operators } = await banner(command)
    assert.not.match(command.stdout(), /call page|\/signal/)
    assert.match(clients, /^ws:\/\/127\.0\.0\.1:\d+\/calls$/)
    assert.match(await (await fetch(operators)).text(), /^# HELP /m)
    assert.match(operators, /\/figures$/)
    const bare = signalbox(defer, [...ANYWHERE, '--config', 'b.json'], { cwd: folder })
    assert.is((await banner(bare)).operators, 'off')
  })

  test('a promise that a plugin forgot is logged, and calls go on; what nobody caught ends the process', async (defer) => {
    const door = JSON.stringify(new URL('../../core/api.js', import.meta.url).href)
    const folder = temporaryFolder(defer, {
      'stray.mjs': `import { definePlugin, Type } from ${door}
        export default definePlugin({ kind: 'policy', name: 'stray', description: 'Forgets.', options: Type.Object({}),
          useClass: class {
            onJoin({ room }) {
              if (room === 'forget') void Promise.reject(new Error('forgotten'))
              if (room === 'throw') setImmediate(() => { throw new Error('thrown past everybody') })
            }
          } })`,
      'a.json': '{"page": false, "admin": false, "plugins": {"policy": [{"use": "./stray.mjs"}]}}',
    })
    const command = signalbox(defer, [...ANYWHERE, '--config', 'a.json'], { cwd: folder })
    const { clients } = await banner(command)
    const client = new RawClient(clients.replace(/^ws/, 'http').replace('/signal', ''), {})
    defer(() => client.socket.terminate())
    await client.next('welcome')
    await client.join('forget')
    while (!command.stderr().includes('forgotten')) await new Promise((resolve) => setTimeout(resolve, 5))
    await client.join('another')
    client.send({ type: 'join', room: 'throw' })
    assert.is(await command.exit, 1)
    assert.match(command.stderr(), /\nsignalbox: thrown past everybody\n/)
  })

  test('logs are JSON lines on standard error', async (defer) => {
    const command = signalbox(defer, ANYWHERE)
    const { page } = await banner(command)
    const line = await firstLogLine(command)
    assert.equal([line.msg, `${line.url}/`, line.engine], ['listening', page, 'wasm'])
  })

  for (const signal of ['SIGINT', 'SIGTERM'] as const) {
    test(`${signal} with a client connected: it is told, and the process ends with 0 soon`, async (defer) => {
      const command = signalbox(defer, ANYWHERE)
      const { page } = await banner(command)
      const client = new RawClient(page.slice(0, -1), {})
      defer(() => client.socket.terminate())
      await client.next('welcome')
      const start = performance.now()
      command.child.kill(signal)
      assert.is((await client.next('goaway')).reason, 'shutdown')
      assert.is((await client.closed).code, 4000)
      assert.is(await command.exit, 0)
      assert.ok(performance.now() - start < 8000)
      assert.match(command.stdout(), new RegExp(`${signal}: stopping`))
    })
  }

  test('a second signal ends the process at once, whatever a plugin is waiting for', async (defer) => {
    const door = JSON.stringify(new URL('../../core/api.js', import.meta.url).href)
    const folder = temporaryFolder(defer, {
      'slow.mjs': `import { definePlugin, Type } from ${door}
        export default definePlugin({ kind: 'policy', name: 'slow', description: 'Never stops.', options: Type.Object({}),
          useClass: class { stop() { return new Promise(() => {}) } } })`,
      'a.json': '{"page": false, "plugins": {"policy": [{"use": "./slow.mjs"}]}}',
    })
    const command = signalbox(defer, [...ANYWHERE, '--config', 'a.json'], { cwd: folder })
    await banner(command)
    command.child.kill('SIGTERM')
    while (!command.stdout().includes('stopping')) await new Promise((resolve) => setTimeout(resolve, 5))
    command.child.kill('SIGINT')
    assert.is(await command.exit, 1)
  })

  test('what the command line says goes over the config; references and paths start at its folder', async (defer) => {
    const config = {
      listen: { host: '${env:TEST_HOST}', port: 1 },
      admin: { port: 0, token: '${file:token}' },
      engine: 'wasm',
      page: false,
    }
    const folder = temporaryFolder(defer, {
      'conf/a.json': JSON.stringify(config),
      'conf/token': 'sixteen characters',
    })
    const args = [...ANYWHERE, '--engine', 'js', '--config', 'conf/a.json']
    const command = signalbox(defer, args, { cwd: folder, env: { TEST_HOST: '127.0.0.1' } })
    const { operators } = await banner(command)
    assert.is((await fetch(operators)).status, 401)
    assert.is(
      (await fetch(operators, { headers: { Authorization: 'Bearer sixteen characters' } })).status,
      200,
    )
    assert.is((await firstLogLine(command)).engine, 'js')
  })

  test('--workers says how many processes serve; what they print is what one prints', async (defer) => {
    const folder = temporaryFolder(defer, { 'a.json': '{"workers": 3, "log": {"level": "info"}}' })
    const command = signalbox(defer, [...ANYWHERE, '--config', 'a.json', '--workers', '2'], { cwd: folder })
    const { page, clients, operators } = await banner(command)
    assert.is((await fetch(page)).status, 200)
    assert.match(clients, /^ws:\/\/127\.0\.0\.1:\d+\/signal$/)
    const metrics = await (await fetch(operators)).text()
    assert.match(metrics, /^signalbox_peers\{worker="w1"\} 0$/m)
    assert.not.match(metrics, /worker="w2"/)
  })

  test('--workers that makes no sense', async (defer) => {
    for (const workers of ['0', 'many', '1.5', '-1', '']) {
      const { code, stderr } = await run(defer, [...ANYWHERE, `--workers=${workers}`])
      assert.is(code, 2, workers)
      assert.is(stderr, `signalbox: --workers: must be a number from 1 on, or auto, not "${workers}"\n`)
    }
  })

  test('what is wrong with a config is told by whichever process finds it', async (defer) => {
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    defer(() => probe.close())
    const { port } = probe.address() as { port: number }
    const cases: [config: object, line: RegExp][] = [
      [
        { workers: 0 },
        /^signalbox: workers: must be an integer from 1 to 256 or "auto" or an object, not 0\n$/,
      ],
      [
        { workers: { min: 3, max: 2 } },
        /^signalbox: workers: min is 3 and max is 2; make min the smaller\n$/,
      ],
      [
        { workers: 2, listen: { host: '0.0.0.0', port: 0 } },
        /^signalbox: plugins\.auth\[0\]\.options\.insecure: anyone who reaches 0\.0\.0\.0 could connect; [^\n]*\n$/,
      ],
      [
        { workers: 2, admin: false, listen: { port } },
        /^signalbox: listen: 127\.0\.0\.1:\d+ is taken; [^\n]*\n$/,
      ],
      [{ workers: 2, admin: { host: '0.0.0.0' } }, /^signalbox: admin\.token: is missing/],
    ]
    for (const [config, line] of cases) {
      const text = JSON.stringify({ page: false, log: { level: 'fatal' }, ...config })
      const folder = temporaryFolder(defer, { 'bad.json': text })
      const { code, stdout, stderr } = await run(defer, ['start', '--config', 'bad.json'], { cwd: folder })
      assert.match(stderr, line)
      assert.equal([code, stdout], [2, ''])
    }
  }, 60_000)

  test('a config that cannot be used: one line that says where, what and how, exit 2, nothing listening', async (defer) => {
    const holder = createServer()
    await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
    defer(() => new Promise((resolve) => holder.close(resolve)))
    const { port: taken } = holder.address() as { port: number }
    const probe = createServer()
    await new Promise<void>((resolve) => probe.listen(0, '127.0.0.1', resolve))
    const { port } = probe.address() as { port: number }
    await new Promise((resolve) => probe.close(resolve))
    const listen = { port }
    const cases: [name: string, text: string, line: RegExp][] = [
      ['unknown key', JSON.stringify({ listen, limts: {} }), /limts: unknown key; did you mean "limits"\?/],
      [
        'wrong type',
        JSON.stringify({ listen: { port: '80' } }),
        /listen\.port: must be an integer, not this string/,
      ],
      [
        'missing plugin',
        JSON.stringify({ listen, plugins: { auth: [{ use: 'jtw' }] } }),
        /plugins\.auth\[0\]\.use: there is no such plugin: "jtw"; did you mean "jwt"\?/,
      ],
      [
        'missing variable',
        JSON.stringify({ listen, admin: { token: '${env:SIGNALBOX_NOT_SET}' } }),
        /admin\.token: environment variable SIGNALBOX_NOT_SET is not set; set it, or replace \$\{env:SIGNALBOX_NOT_SET\}/,
      ],
      [
        'missing file of a reference',
        JSON.stringify({ listen, admin: { token: '${file:none}' } }),
        /admin\.token: file none can't be read \(ENOENT\); paths start at the config's folder/,
      ],
      [
        'port taken',
        JSON.stringify({ listen: { port: taken }, admin: listen, page: false }),
        new RegExp(
          `listen: 127\\.0\\.0\\.1:${taken} is taken; end the program that has it, or choose another port`,
        ),
      ],
      [
        'admin port taken',
        JSON.stringify({ listen, admin: { port: taken }, page: false }),
        new RegExp(`admin: 127\\.0\\.0\\.1:${taken} is taken;`),
      ],
      [
        'bad JSON',
        '{\n  "listen": {},,\n}',
        /bad\.json:2:16: not valid JSON: unexpected ","; mend the file there/,
      ],
      [
        'open auth beyond loopback',
        JSON.stringify({ listen: { host: '0.0.0.0', port } }),
        /plugins\.auth\[0\]\.options\.insecure: anyone who reaches 0\.0\.0\.0 could connect; use auth/,
      ],
      [
        'admin beyond loopback',
        JSON.stringify({ listen, admin: { host: '0.0.0.0' } }),
        /admin\.token: is missing, and admin\.host is 0\.0\.0\.0; set a token, or listen on 127\.0\.0\.1/,
      ],
    ]
    for (const [name, text, line] of cases) {
      const folder = temporaryFolder(defer, { 'bad.json': text })
      const { code, stdout, stderr } = await run(defer, ['start', '--config', 'bad.json'], { cwd: folder })
      assert.equal([code, stdout], [2, ''], `${name}: ${stderr}`)
      assert.match(stderr, line, name)
      assert.match(stderr, /^signalbox: [^\n]+\n$/, `${name}: one line`)
      assert.not(await listening(port), name)
    }
  }, 60_000)

  test('a config file that is not there', async (defer) => {
    const { code, stderr } = await run(defer, ['start', '--config', 'none.json'], {
      cwd: temporaryFolder(defer),
    })
    assert.equal(
      [code, stderr],
      [2, 'signalbox: none.json: there is no such file; name an existing JSON file\n'],
    )
  })
})
