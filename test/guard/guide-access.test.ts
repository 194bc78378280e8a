import type { Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as assert from 'uvu/assert'
import { GRANTS_SCHEMA } from '../../core/access/grants-schema.js'
import { run } from '../cli/command.js'
import { liveServer } from '../live-server.js'
import { ENGINES, suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import { codeBlocks, firstTable, headings } from './markdown.js'
import { read } from './source-tree.js'

const page = read('docs/guides/access.md')
const SECRET = 'a secret of at least 32 bytes, no less'
const env = { SIGNALBOX_SECRET: SECRET, KIOSK_TOKEN: 'k'.repeat(20), WEBHOOK_SECRET: SECRET }

/** The module that the page shows under this name. */
async function shown<T>(defer: (cleanUp: () => unknown) => void, file: string): Promise<T> {
  const code = new RegExp(`^\`\`\`js ${file}\\n(.*?)^\`\`\`$`, 'ms').exec(page)![1]!
  const folder = temporaryFolder(defer, { [file]: code })
  return (await import(pathToFileURL(join(folder, file)).href)) as T
}

suite('guard/guide-access', (test) => {
  test('every config on the page is good', async (defer) => {
    const configs = codeBlocks(page).filter(({ language }) => language === 'json')
    assert.ok(configs.length >= 4)
    for (const { code } of configs) {
      const folder = temporaryFolder(defer, { 'a.json': code })
      const { code: exit, stderr } = await run(defer, ['check', join(folder, 'a.json')], { env })
      assert.equal([exit, stderr], [0, ''], code)
    }
  }, 60_000)

  test('the table of grants has them all', () => {
    const section = headings(page).find(({ title }) => title === 'Grants')!.body
    assert.equal(
      firstTable(section).map(([grant]) => grant),
      Object.keys(GRANTS_SCHEMA.properties),
    )
  })
})

for (const engine of ENGINES) {
  suite(`guard/guide-access (${engine})`, (test) => {
    test('a token that the page makes lets in, to its rooms', async (defer) => {
      const { mint } = await shown<{ mint(user: string, rooms: string[], secret: string): string }>(
        defer,
        'mint.mjs',
      )
      const live = await liveServer(defer, engine, {
        plugins: { auth: [{ use: 'jwt', options: { secret: SECRET } }] },
      })
      const ada = await live.client({ token: mint('ada', ['a', 'b-*'], SECRET) })
      await ada.join('b-1')
      ada.send({ type: 'join', room: 'c' })
      assert.is((await ada.next('error')).code, 'E_FORBIDDEN')
    })

    test('the backend of the page decides', async (defer) => {
      const { backend } = await shown<{ backend(secret: string): Server }>(defer, 'backend.mjs')
      const server = backend(SECRET)
      await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
      defer(() => {
        server.closeAllConnections()
        return new Promise((resolve) => server.close(resolve))
      })
      const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/`
      const live = await liveServer(defer, engine, {
        plugins: { auth: [{ use: 'webhook', options: { url, secret: SECRET } }] },
      })
      const ada = await live.client({ token: 'a token of Ada', query: 'room=a' })
      await ada.next('joined')
      ada.send({ type: 'moderate', room: 'a', data: { action: 'lock' } })
      assert.is((await ada.next('door')).door, 'locked')
      assert.is((await live.dial({ token: 'a token of Eve' }).closed).code, 4501)
      const forged = await fetch(url, { method: 'POST', body: '{"token":"a token of Ada"}' })
      assert.is(forged.status, 400)
    })
  })
}
