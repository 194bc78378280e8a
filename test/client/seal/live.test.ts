/** Sealed rooms over a real server: between programs, and between browsers that call each other. */

import type { Page } from 'playwright-core'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { type ConnectOptions, connect } from '../../../client/index.js'
import { createIdentity, createSeal, createSecret, knownKeys } from '../../../client/seal/index.js'
import type { Json } from '../../../core/protocol.js'
import { findChromium, launch } from '../../e2e/browser.js'
import { liveServer, until } from '../../live-server.js'
import { rejection } from '../../rejection.js'
import { type Defer, ENGINES, suite } from '../../suite.js'

/** A member of a sealed room, and what it hears. */
async function member(defer: Defer, url: string, secret: string, options: Partial<ConnectOptions> = {}) {
  const seal = await createSeal(secret)
  const session = await connect(`${url}/signal`, { WebSocket, room: 'kitchen', seal, ...options })
  defer(() => session.close())
  const room = await session.join('kitchen')
  const heard: Json[] = []
  const failures: string[] = []
  room.on('message', ({ data }) => heard.push(data))
  room.on('error', ({ error }) => failures.push(error.code))
  return { session, room, heard, failures }
}

for (const engine of ENGINES) {
  suite(`sealed room over a server (${engine})`, (test) => {
    test('who has the secret understands, who has another is told, who has none sees nothing', async (defer) => {
      const { url, client } = await liveServer(defer, engine)
      const secret = createSecret()
      const ada = await member(defer, url, secret)
      const bob = await member(defer, url, secret)
      await until(() => ada.room.peers.size === 1)
      await ada.room.send(bob.session.id!, 'for you')
      await bob.room.publish('for all')
      await until(() => bob.heard.length === 1 && ada.heard.length === 1)
      assert.equal([bob.heard, ada.heard], [['for you'], ['for all']])

      const eve = await member(defer, url, createSecret())
      await until(() => eve.failures.length === 2)
      assert.equal(eve.failures, ['E_SEAL_SECRET', 'E_SEAL_SECRET'])
      const spy = await client({ query: 'room=kitchen' })
      await spy.next('joined')
      await ada.room.publish('SECRET WORDS')
      await until(() => bob.heard.includes('SECRET WORDS'))
      await spy.settled()
      assert.not.match(JSON.stringify(spy.inbox), /SECRET WORDS/)
      assert.ok(spy.inbox.some(({ type, data }) => type === 'publish' && typeof data.seal.box === 'string'))
      spy.send({ type: 'publish', room: 'kitchen', data: 'spam' })
      await until(() => ada.failures.includes('E_SEAL_PLAIN'))
      assert.equal([bob.heard, eve.heard], [['for you', 'SECRET WORDS'], []])
    })

    test('a hidden observer can’t greet: it is told so of each member, and nobody else of anything', async (defer) => {
      const token = (name: string) => name.padEnd(20, '.')
      const tokens = [
        { token: token('member'), name: 'member', grants: {} },
        { token: token('hidden'), name: 'hidden', grants: { hidden: true } },
      ]
      const { url } = await liveServer(defer, engine, {
        plugins: { auth: [{ use: 'token', options: { tokens } }] },
      })
      const secret = createSecret()
      const ada = await member(defer, url, secret, { token: token('member') })
      const bob = await member(defer, url, secret, { token: token('member') })
      const spy = await member(defer, url, secret, { token: token('hidden') })
      await until(() => spy.failures.length === 2)
      await ada.room.publish('not for the spy')
      await until(() => bob.heard.length === 1)
      assert.is(
        ((await rejection(spy.room.send(ada.session.id!, 'psst'))) as Error).message.split(' (')[1],
        'E_FORBIDDEN: your grants do not allow this)',
      )
      assert.equal([spy.failures, spy.heard], [['E_SEAL_REFUSED', 'E_SEAL_REFUSED'], []])
      assert.equal([ada.room.peers.size, ada.failures, bob.failures], [1, [], []])
    })

    test('leaving and coming back under the same id goes on without a word', async (defer) => {
      const { url } = await liveServer(defer, engine)
      const secret = createSecret()
      const ada = await member(defer, url, secret)
      const bob = await member(defer, url, secret)
      for (let i = 0; i < 3; i++) {
        await ada.room.leave()
        await until(() => bob.room.peers.size === 0)
        ada.room = await ada.session.join('kitchen')
        await ada.room.send(bob.session.id!, i)
        await until(() => bob.heard.length === i + 1)
      }
      assert.equal([bob.heard, bob.failures, ada.failures], [[0, 1, 2], [], []])
    })
  })
}

/** In a page of the server: joins, sealed and signed, calls whoever is there and tells what came of it. */
async function inPage({ secret, name }: { secret: string; name: string }) {
  const load = (file: string) => import(/* @vite-ignore */ file)
  const { connect: dial } = await load('/signalbox.mjs')
  const sealing = await load('/signalbox-seal.mjs')
  const identity = await sealing.createIdentity(name)
  const seal = await sealing.createSeal(secret, { identity, trust: sealing.trustOnFirstUse() })
  const session = await dial('/signal', { room: 'call', seal })
  const room = await session.join('call')
  const told: string[] = []
  room.on('error', ({ error }: { error: Error & { code: string } }) => told.push(error.code))
  // biome-ignore lint/suspicious/noExplicitAny: the page has no types
  const open = (peer: any) => {
    const channel = peer.createDataChannel('chat', { negotiated: true, id: 0 })
    channel.onopen = () => channel.send(`straight from ${name}`)
    channel.onmessage = ({ data }: { data: string }) =>
      told.push(`${data}, signed by ${seal.identityOf('call', peer.id)?.name}`)
  }
  room.on('peer-joined', open)
  room.peers.forEach(open)
  Object.assign(globalThis, { told })
}

suite('sealed room in browsers', (test) => {
  const chromium = findChromium()
  if ('missing' in chromium) {
    test.skip('a sealed call', chromium.missing)
    return
  }
  test('a sealed and signed call; a program with the secret understands them', async (defer) => {
    const { url } = await liveServer(defer, 'wasm', { page: true })
    const browser = await launch(chromium.path)
    defer(() => browser.close())
    const context = await browser.newContext()
    const secret = createSecret()
    const pages: Page[] = []
    for (const name of ['ada', 'bob']) {
      const page = await context.newPage()
      await page.goto(url)
      await page.evaluate(inPage, { secret, name })
      pages.push(page)
    }
    const told = (i: number) => pages[i]!.evaluate(() => (globalThis as unknown as { told: string[] }).told)
    const deadline = performance.now() + 30_000
    while ((await told(0)).length === 0 || (await told(1)).length === 0) {
      assert.ok(performance.now() < deadline, 'the call stands')
      await new Promise((resolve) => setTimeout(resolve, 50))
    }
    assert.equal(await told(0), ['straight from bob, signed by bob'])
    assert.equal(await told(1), ['straight from ada, signed by ada'])

    const seal = await createSeal(secret, { trust: knownKeys({}) })
    const bot = await connect(`${url}/signal`, { WebSocket, room: 'call', seal })
    defer(() => bot.close())
    const room = await bot.join('call')
    await Promise.all([...room.peers.values()].map((peer) => peer.send('hello from Node')))
    assert.is((await createIdentity('bot')).name, 'bot')
    assert.equal((await told(0)).length, 1)
  }, 60_000)
})
