/** Everything on the page docs/guides/client.md runs: in Chromium what is for browsers, the rest in Node. */

import { execFile } from 'node:child_process'
import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { BrowserContext, Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { findChromium, launch, until } from '../e2e/browser.js'
import { codeBlocks } from '../guard/markdown.js'
import { ROOT, read } from '../guard/source-tree.js'
import { liveServer } from '../live-server.js'
import { suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'

const blocks = codeBlocks(read('docs/guides/client.md'))
const browserBlocks = blocks.filter(({ language, info }) => language === 'js' && info !== 'node')
const IMPORT_MAP = '<script type="importmap">{"imports":{"signalbox/client":"/signalbox.mjs"}}</script>'
const IN_ROOM = `import { connect } from 'signalbox/client'
const session = await connect('/signal', { room: 'guide' })
const room = await session.join('guide')
`

/** A page of the server's origin with this body, and what it logs. */
async function open(context: BrowserContext, url: string, body: string) {
  const page = await context.newPage()
  const logged: string[] = []
  page.on('console', (message) => message.type() === 'log' && logged.push(message.text()))
  page.on('pageerror', (error) => logged.push(`uncaught ${error.message}`))
  await page.route(`${url}/guide`, (route) => route.fulfill({ contentType: 'text/html', body }))
  await page.goto(`${url}/guide`)
  return { page, logged }
}

/** Waits until the page has logged this. */
async function logs(logged: readonly string[], expected: RegExp): Promise<void> {
  for (let i = 0; i < 200 && !logged.some((line) => expected.test(line)); i++) {
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
  assert.match(logged.join('\n'), expected)
}

const ran = (page: Page) =>
  until(page, 'the block runs to its end', () => document.title === 'done', undefined)

suite('client guide', (test) => {
  test('every block of code is of a kind that runs here', () => {
    for (const { language, info } of blocks) {
      const kind = `${language} ${info}`.trim()
      assert.ok(['sh', 'html script-tag', 'js call', 'js room', 'js', 'js node'].includes(kind), kind)
    }
    assert.ok(browserBlocks.length >= 8)
  })

  test('the bot for Node says its word and ends', async (defer) => {
    const { url } = await liveServer(defer, 'wasm')
    const code = blocks.find(({ info }) => info === 'node')!.code
    const folder = temporaryFolder(defer, { 'package.json': '{"type": "module"}' })
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(ROOT, join(folder, 'node_modules/signalbox'), 'dir')
    symlinkSync(join(ROOT, 'node_modules/ws'), join(folder, 'node_modules/ws'), 'dir')
    writeFileSync(join(folder, 'bot.js'), code)
    const { stdout } = await promisify(execFile)(process.execPath, ['bot.js'], {
      cwd: folder,
      env: { ...process.env, SIGNALBOX_URL: `${url.replace('http', 'ws')}/signal` },
      timeout: 8_000,
    })
    assert.is(stdout, '0 others here\n')
  })

  const chromium = findChromium()
  if ('missing' in chromium) {
    test.skip('the blocks for browsers', chromium.missing)
    return
  }
  test('the blocks for browsers', async (defer) => {
    const { url } = await liveServer(defer, 'wasm', { page: true })
    const browser = await launch(chromium.path)
    defer(() => browser.close())
    const context = await browser.newContext()

    const tag = blocks.find(({ info }) => info === 'script-tag')!.code
    const script = await open(context, url, tag)
    await logs(script.logged, /^I am [\w-]{16}$/)

    for (const { info, code } of browserBlocks) {
      const source = `${info === 'room' ? IN_ROOM : ''}${code}\ndocument.title = 'done'`
      const body = `<body>${IMPORT_MAP}<script type="module">${source}</script></body>`
      const [one, other] = [await open(context, url, body), await open(context, url, body)]
      await ran(one.page)
      await ran(other.page)
      if (info === 'call') {
        const seen = () => (document.querySelector('video')?.videoWidth ?? 0) > 0
        await until(one.page, 'the other is seen', seen, undefined, 20_000)
      }
      if (code.includes('negotiated')) await logs(one.logged, /^straight from browser to browser$/m)
      if (info === '') await logs(one.logged, /E_ROOM_NAME a room name is 1 to 128 bytes/)
      assert.not.match([...one.logged, ...other.logged].join(), 'uncaught', code)
      await one.page.close()
      await other.page.close()
    }
  }, 90_000)
})
