import { execFile } from 'node:child_process'
import { existsSync, mkdirSync, mkdtempSync, readFileSync, rmSync, symlinkSync, writeFileSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { dirname, join, resolve } from 'node:path'
import { fileURLToPath, pathToFileURL } from 'node:url'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { readJson } from '../../core/config/load.js'
import type { Plugin } from '../../core/plugin.js'
import { type ServerMessage, SUBPROTOCOL } from '../../core/protocol.js'
import { createServer } from '../../core/server.js'
import { construct, policyContract } from '../contract/index.js'
import { watchedLogger } from '../log-watch.js'
import { type Defer, ENGINES, suite } from '../suite.js'

const root = fileURLToPath(new URL('../../..', import.meta.url))
const page = join(root, 'docs/guides/plugins.md')
const guide = readFileSync(page, 'utf8')
const run = promisify(execFile)

/** A folder as the guide assumes it: Signalbox is installed, and every named block stands in its file. */
function follow(defer: Defer): string {
  const folder = mkdtempSync(join(tmpdir(), 'signalbox-guide-'))
  defer(() => rmSync(folder, { recursive: true }))
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(root, join(folder, 'node_modules/signalbox'), 'dir')
  writeFileSync(join(folder, 'package.json'), '{ "type": "module" }')
  for (const [, file, code] of guide.matchAll(/^```\w+ (\S+)\n(.*?)^```$/gms)) {
    writeFileSync(join(folder, file!), code!)
  }
  return folder
}

const policy = async (file: string) =>
  ((await import(pathToFileURL(file).href)) as { default: Plugin<'policy'> }).default

/** The answer to a join of room `duo`. */
function joinDuo(url: string, defer: Defer): Promise<ServerMessage> {
  const socket = new WebSocket(`${url.replace('http', 'ws')}/signal`, SUBPROTOCOL)
  defer(() => socket.terminate())
  return new Promise((resolve, reject) => {
    socket.on('error', reject)
    socket.on('open', () => socket.send(JSON.stringify({ type: 'join', id: 1, room: 'duo' })))
    socket.on('message', (data) => {
      const message = JSON.parse(String(data)) as ServerMessage
      if (message.type === 'joined' || message.type === 'error') resolve(message)
    })
  })
}

suite('guard/guide-plugins', (test) => {
  test('the first plugin has twenty lines at most', () => {
    const code = /^```js small-rooms\.js\n(.*?)^```$/ms.exec(guide)![1]!
    assert.ok(code.split('\n').filter((line) => line.trim() !== '').length <= 20)
  })

  test('its contract suite passes under node --test', async (defer) => {
    const { stdout } = await run(process.execPath, ['--test', '--test-reporter=tap', 'small-rooms.test.js'], {
      cwd: follow(defer),
    })
    assert.match(stdout, /^# fail 0$/m)
    assert.ok(Number(/^# pass (\d+)$/m.exec(stdout)?.[1]) >= 8, stdout)
  })

  test('signalbox check takes its config, and says which option is wrong', async (defer) => {
    const folder = follow(defer)
    const check = () =>
      run(process.execPath, ['node_modules/signalbox/dist/core/cli/main.js', 'check', 'signalbox.json'], {
        cwd: folder,
      })
    await check()
    const config = readFileSync(join(folder, 'signalbox.json'), 'utf8')
    writeFileSync(join(folder, 'signalbox.json'), config.replace('"members"', '"member"'))
    const failed = (await check().catch((error) => error)) as { code: number; stderr: string }
    assert.is(failed.code, 2)
    assert.match(failed.stderr, 'plugins.policy[1].options.member: unknown key; did you mean "members"?')
  })

  for (const engine of ENGINES) {
    test(`a real server keeps the third out of the room (${engine})`, async (defer) => {
      const directory = follow(defer)
      const config = readJson(join(directory, 'signalbox.json')) as object
      const server = await createServer(
        { ...config, engine, listen: { port: 0 }, admin: { port: 0 } },
        { directory, logger: watchedLogger(defer) },
      )
      const { url } = await server.start()
      defer(() => server.stop())
      assert.is((await joinDuo(url, defer)).type, 'joined')
      assert.is((await joinDuo(url, defer)).type, 'joined')
      const third = await joinDuo(url, defer)
      assert.equal(third, { type: 'error', id: 1, code: 'E_ROOM_FULL', message: 'duo is for 2' })
    })
  }

  test('the TypeScript version compiles, without metadata of types, and keeps the contract', async (defer) => {
    const folder = follow(defer)
    const tsc = join(root, 'node_modules/typescript/bin/tsc')
    const flags = '--target ES2022 --module NodeNext --strict --experimentalDecorators --skipLibCheck'.split(
      ' ',
    )
    await run(process.execPath, [tsc, ...flags, 'small-rooms-typed.ts'], { cwd: folder }).catch((error) => {
      throw new Error(`tsc: ${error.stdout}`)
    })
    const plugin = await policy(join(folder, 'small-rooms-typed.js'))
    const full = {
      principal: { id: 'alice', grants: {} },
      peer: 'A'.repeat(16),
      room: 'duo',
      members: 3,
      slot: 0,
      roomNumber: 0,
      now: 0,
    }
    for (const one of policyContract({
      make: () => construct(plugin, { members: 3 }),
      refused: { joins: [full] },
    })) {
      await one.run()
    }
  })

  test('its links lead somewhere', () => {
    const links = [...guide.matchAll(/\]\((\.\.?\/[^)#]+)/g)].map(([, path]) => path!)
    assert.ok(links.length > 5)
    for (const link of links) assert.ok(existsSync(resolve(dirname(page), link)), link)
  })
})
