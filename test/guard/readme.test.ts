import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { run } from '../cli/command.js'
import { liveServer } from '../live-server.js'
import { type Defer, suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import { codeBlocks } from './markdown.js'
import { ROOT, read } from './source-tree.js'

const blocks = codeBlocks(read('README.md'))
const block = (info: string): string => blocks.find((one) => one.info === info)!.code

/** A folder in which Signalbox is installed. */
function installed(defer: Defer, files: Record<string, string>): string {
  const folder = temporaryFolder(defer, { 'package.json': '{"type": "module"}', ...files })
  mkdirSync(join(folder, 'node_modules'))
  symlinkSync(ROOT, join(folder, 'node_modules/signalbox'), 'dir')
  return folder
}

const importFile = (file: string) => import(pathToFileURL(file).href)

suite('guard/readme', (test) => {
  test('every block is run by a test, or shows what is not code', () => {
    const known = ['client', 'config', 'embedding']
    for (const { language, info, code } of blocks) {
      if (['js', 'json'].includes(language)) assert.ok(known.includes(info), code)
      else if (language === 'sh') assert.is(code, 'npm ci && npm start\n')
      else assert.is(language, '', code)
    }
  })

  test('the config is good', async (defer) => {
    const folder = temporaryFolder(defer, { 'signalbox.json': block('config') })
    const env = { SIGNALBOX_SECRET: 's'.repeat(64) }
    const { code, stderr } = await run(defer, ['check', 'signalbox.json'], { cwd: folder, env })
    assert.equal([code, stderr], [0, ''])
  })

  test('the server in a server of your own starts, says where it is, and stops', async (defer) => {
    const folder = installed(defer, {})
    const said: string[] = []
    // The logger of an embedded server writes to standard error: this one is told to be quiet.
    const code = block('embedding')
      .replaceAll('console.log', 'say')
      .replace('admin: false', "admin: false, log: { level: 'silent' }")
    writeFileSync(
      join(folder, 'embedding.mjs'),
      `${code.replace(/^import .*$/m, '$&\nconst say = globalThis.signalboxSay')}`,
    )
    Object.assign(globalThis, { signalboxSay: (text: string) => said.push(text) })
    await importFile(join(folder, 'embedding.mjs'))
    assert.is(said.length, 1)
    assert.match(said[0]!, /^clients connect to ws:\/\/127\.0\.0\.1:\d+\/signal$/)
  })

  test('the client in ten lines joins, greets and is heard', async (defer) => {
    const live = await liveServer(defer, 'wasm')
    const ben = await live.client({ query: 'room=kitchen' })
    await ben.next('joined')
    const said: unknown[][] = []
    const context = {
      url: `${live.url.replace('http', 'ws')}/signal`,
      say: (...words: unknown[]) => said.push(words),
      WebSocket,
    }
    Object.assign(globalThis, { signalboxReadme: context })
    const code = block('client')
      .replaceAll('console.log', 'say')
      .replace(
        /^import .*$/m,
        '$&\nconst { url, say, WebSocket } = globalThis.signalboxReadme\nconst showVideo = () => {}',
      )
      .replace("data: { name: 'Ada' }", "data: { name: 'Ada' }, WebSocket")
    const folder = installed(defer, { 'client.mjs': `${code}\nexport { session }\n` })
    const { session } = (await importFile(join(folder, 'client.mjs'))) as { session: { close(): void } }
    defer(() => session.close())
    assert.equal((await ben.next('peer-joined')).peer.data, { name: 'Ada' })
    assert.equal((await ben.next('publish')).data, { text: 'anyone here?' })
    const eve = await live.client({ query: `room=kitchen&data=${encodeURIComponent('{"name":"Eve"}')}` })
    await eve.next('joined')
    eve.send({ type: 'publish', room: 'kitchen', data: 'me' })
    while (said.length < 2) await new Promise((resolve) => setTimeout(resolve, 2))
    assert.equal(said, [
      ['hello', 'Eve'],
      [eve.id, 'says', 'me'],
    ])
    assert.ok(block('client').trim().split('\n').length <= 10)
  })
})
