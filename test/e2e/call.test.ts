/** People, browsers, a server: the whole way, with either engine. */

import type { Browser } from 'playwright-core'
import * as assert from 'uvu/assert'
import type { CallQuality } from '../../client/index.js'
import { heard } from '../fixtures/hearing-observer.js'
import { liveServer } from '../live-server.js'
import { type Defer, ENGINES, suite } from '../suite.js'
import { findChromium, launch } from './browser.js'
import { Caller } from './caller.js'
import { enterRoom, type Window } from './in-page.js'

const LIMIT_MS = 60_000

suite('a call in Chromium', (test) => {
  const chromium = findChromium()
  if ('missing' in chromium) {
    test.skip('two people see each other', chromium.missing)
    return
  }
  let started: Promise<Browser> | undefined
  const complaints: string[] = []
  const arrive = async (defer: Defer, before?: () => void) => {
    started ??= launch(chromium.path)
    const caller = await Caller.arrive(defer, await started, before)
    defer(() => complaints.push(...caller.complaints))
    return caller
  }

  for (const engine of ENGINES) {
    test(
      `${engine}: two see each other, a third comes, one goes, one reloads`,
      async (defer) => {
        const { url } = await liveServer(defer, engine, { page: true })
        const [ada, bo] = [await arrive(defer), await arrive(defer)]
        await Promise.all([ada.call(url, 'kitchen', 'Ada'), bo.call(url, 'kitchen', 'Bo')])
        await Promise.all([ada.sees('Ada (you)', 'Bo'), bo.sees('Bo (you)', 'Ada')])
        await Promise.all([ada.watches(1), bo.watches(1)])

        const cy = await arrive(defer)
        await cy.call(url, 'kitchen', 'Cy')
        await ada.sees('Ada (you)', 'Bo', 'Cy')
        assert.match((await ada.page.textContent('#toasts')) ?? '', 'Cy joined')
        await Promise.all([ada.watches(2), cy.watches(2)])

        await bo.page.click('#leave')
        await bo.page.waitForSelector('#lobby:not([hidden])')
        await Promise.all([ada.sees('Ada (you)', 'Cy'), cy.sees('Cy (you)', 'Ada')])
        assert.match((await ada.page.textContent('#toasts')) ?? '', 'Bo left')

        await cy.page.reload()
        await cy.sees('Cy (you)', 'Ada')
        await Promise.all([ada.watches(1), cy.watches(1)])
      },
      LIMIT_MS,
    )

    test(
      `${engine}: both offer at the same moment and connect; tracks and channels come and go`,
      async (defer) => {
        const { url } = await liveServer(defer, engine, { page: true })
        const [ada, bo] = [await arrive(defer), await arrive(defer)]
        for (const caller of [ada, bo]) {
          await caller.visit(url)
          await caller.page.evaluate(enterRoom, { url: `${url}/signal`, lateMs: 600 })
        }
        await ada.until('Bo is here', () => (window as unknown as Window).room.peers.size === 1)
        const addPicture = () => (window as unknown as Window).addPicture()
        await Promise.all([ada.page.evaluate(addPicture), bo.page.evaluate(addPicture)])
        await Promise.all([ada.watches(1), bo.watches(1)])
        const offers = () => (window as unknown as Window).offers
        // Each offer took 600 ms to leave, longer than the polite side waits: both were under way before either arrived.
        assert.ok((await ada.page.evaluate(offers)) > 0 && (await bo.page.evaluate(offers)) > 0)
        const settled = () => {
          const [peer] = (window as unknown as Window).room.peers.values()
          return peer!.connection!.signalingState === 'stable'
        }
        await Promise.all([ada.until('stable', settled), bo.until('stable', settled)])

        await ada.page.evaluate(addPicture)
        const streams = () => [...(window as unknown as Window).room.peers.values()][0]!.streams.length === 2
        await bo.until('a second stream arrives', streams)
        await ada.page.evaluate(() => (window as unknown as Window).removePicture())
        await bo.until(
          'it is gone again',
          () => [...(window as unknown as Window).room.peers.values()][0]!.streams.length === 1,
        )
        await bo.watches(1)

        await ada.page.evaluate(() => (window as unknown as Window).openChannel('hello'))
        await bo.until('the channel brings it', () => (window as unknown as Window).heard.includes('hello'))
        await ada.until('and the echo', () => (window as unknown as Window).heard.includes('echo of hello'))
      },
      LIMIT_MS,
    )
  }

  test(
    'how the call fares reaches the observers of the server',
    async (defer) => {
      const { url } = await liveServer(defer, 'wasm', {
        page: true,
        plugins: { observer: [{ use: `${import.meta.dirname}/../fixtures/hearing-observer.js` }] },
      })
      const callers = [await arrive(defer), await arrive(defer)] as const
      for (const caller of callers) {
        await caller.visit(url)
        await caller.page.evaluate(enterRoom, { url: `${url}/signal`, lateMs: 0, stats: { everyMs: 1_000 } })
      }
      await callers[0].until('both are here', () => (window as unknown as Window).room.peers.size === 1)
      await callers[0].page.evaluate(() => (window as unknown as Window).addPicture())
      await callers[1].watches(1)
      const flows = ({ receivedBitsPerSecond = 0, framesPerSecond = 0, ...more }: CallQuality) =>
        receivedBitsPerSecond > 0 && framesPerSecond > 0 && more.lossRatio !== undefined
      const told = (): CallQuality[] =>
        heard.flatMap((event) => (event.type === 'stats' ? JSON.parse(event.data).peers : []))
      for (let waitedMs = 0; !told().some(flows); waitedMs += 100) {
        assert.ok(waitedMs < LIMIT_MS / 2, JSON.stringify(told()))
        await new Promise((resolve) => setTimeout(resolve, 100))
      }
      const { jitterMs = -1, rttMs = -1 } = told().find(flows)!
      assert.ok(jitterMs >= 0 && rttMs >= 0, JSON.stringify(told()))
      assert.ok(told().some(({ sentBitsPerSecond = 0 }) => sentBitsPerSecond > 0))
    },
    LIMIT_MS,
  )

  test(
    'camera off, muted and the screen are shown to the others',
    async (defer) => {
      const { url } = await liveServer(defer, 'wasm', { page: true })
      const ada = await arrive(defer)
      const bo = await arrive(defer, () => {
        navigator.mediaDevices.getDisplayMedia = async () => {
          const canvas = document.createElement('canvas')
          setInterval(() => canvas.getContext('2d')!.fillRect(0, 0, Math.random() * 300, 100), 50)
          return canvas.captureStream(20)
        }
      })
      await Promise.all([ada.call(url, 'kitchen', 'Ada'), bo.call(url, 'kitchen', 'Bo')])
      await ada.watches(1)
      await bo.page.keyboard.press('s')
      await ada.sees('Ada (you)', 'Bo', 'Bo’s screen')
      await bo.page.keyboard.press('m')
      await ada.page.waitForSelector('.tile[aria-label="Bo, muted"]')
      await bo.page.keyboard.press('v')
      await ada.page.waitForSelector('.tile[aria-label="Bo, muted"] .initial:not([hidden])')
      await bo.page.keyboard.press('v')
      await ada.page.waitForSelector('.tile[aria-label="Bo, muted"] .initial', { state: 'hidden' })
      await bo.page.keyboard.press('s')
      await ada.sees('Ada (you)', 'Bo')
    },
    LIMIT_MS,
  )

  test(
    'a server that restarts: the page says so, and the call comes back',
    async (defer) => {
      const first = await liveServer(defer, 'js', { page: true })
      const [ada, bo] = [await arrive(defer), await arrive(defer)]
      await Promise.all([ada.call(first.url, 'kitchen', 'Ada'), bo.call(first.url, 'kitchen', 'Bo')])
      await ada.watches(1)
      await first.server.stop()
      await ada.page.waitForSelector('#connection:not(:empty)')
      await liveServer(defer, 'js', { page: true, listen: { port: Number(new URL(first.url).port) } })
      await ada.page.waitForSelector('#connection:empty', { state: 'attached' })
      await Promise.all([ada.sees('Ada (you)', 'Bo'), bo.sees('Bo (you)', 'Ada')])
      await Promise.all([ada.watches(1), bo.watches(1)])
      // What the browser logs about the attempts in between is no mistake of the page.
      for (const { complaints, page } of [ada, bo]) {
        assert.equal(
          complaints.splice(0).filter((text) => !/ERR_CONNECTION_REFUSED|response code: 503/.test(text)),
          [],
        )
        // Before the server goes for good, and is called again.
        await page.close()
      }
    },
    LIMIT_MS,
  )

  test('a wrong token is said plainly, and the right one lets in', async (defer) => {
    const auth = [
      { use: 'token', options: { tokens: [{ token: 'the-right-token-0123456789abcdef', name: 'guest' }] } },
    ]
    const { url } = await liveServer(defer, 'wasm', { page: true, plugins: { auth } })
    const ada = await arrive(defer)
    await ada.page.goto(`${url}/?room=kitchen#token=wrong`)
    await ada.page.fill('#name', 'Ada')
    await ada.page.click('#join')
    await ada.page.waitForSelector('#entry-error:not([hidden])')
    assert.match((await ada.page.textContent('#entry-error')) ?? '', 'wants an access token')
    assert.not.match(ada.page.url(), 'token')
    await ada.page.fill('#token', 'the-right-token-0123456789abcdef')
    await ada.page.click('#join')
    await ada.sees('Ada (you)')
  })

  test('who waits before a lobby sees it and may give up; a moderator lets in and sends away', async (defer) => {
    const tokens = [
      { token: 'the-token-of-the-moderator-0123456', name: 'mod', grants: { moderate: true } },
      { token: 'the-token-of-the-guests-0123456789', name: 'guest' },
    ]
    const { url } = await liveServer(defer, 'wasm', {
      page: true,
      rooms: [{ match: 'kitchen', door: 'lobby' }],
      plugins: { auth: [{ use: 'token', options: { tokens } }] },
    })
    const knocks = async (who: Caller, name: string, token: string) => {
      await who.page.goto(`${url}/?room=kitchen#token=${token}`)
      await who.page.fill('#name', name)
      await who.page.click('#join')
    }
    const [ada, bo] = [await arrive(defer), await arrive(defer)]
    await knocks(ada, 'Ada', tokens[0]!.token)
    await ada.sees('Ada (you)')
    await knocks(bo, 'Bo', tokens[1]!.token)
    await bo.page.waitForSelector('#waiting:not([hidden])')
    await bo.page.click('#give-up')
    await ada.page.waitForSelector('#knocks', { state: 'hidden' })
    assert.is(await bo.page.isVisible('#waiting'), false)
    assert.is(await bo.page.isVisible('#entry-error'), false)

    await bo.page.click('#join')
    await ada.page.click('text=Deny')
    await bo.page.waitForSelector('#entry-error:not([hidden])')
    assert.match((await bo.page.textContent('#entry-error')) ?? '', 'not let in')

    await bo.page.click('#join')
    await ada.page.click('text=Admit')
    await Promise.all([ada.sees('Ada (you)', 'Bo'), bo.sees('Bo (you)', 'Ada')])
    await ada.page.waitForSelector('#knocks', { state: 'hidden' })
  }, 30_000)

  test('a camera that is refused, missing or busy gets its sentence, and one can join without', async (defer) => {
    const { url } = await liveServer(defer, 'wasm', { page: true })
    for (const [name, sentence] of [
      ['NotAllowedError', 'may not use your camera'],
      ['NotFoundError', 'No camera was found'],
      ['NotReadableError', 'camera is busy'],
    ] as const) {
      const ada = await arrive(defer)
      await ada.page.addInitScript((error) => {
        navigator.mediaDevices.getUserMedia = () => Promise.reject(new DOMException('', error))
      }, name)
      await ada.page.goto(`${url}/`)
      await ada.page.waitForSelector('#media-problem:not([hidden])')
      await ada.until('the sentence of the camera follows that of the microphone', () =>
        document.querySelector('#media-problem')!.textContent!.includes('camera'),
      )
      assert.match((await ada.page.textContent('#media-problem')) ?? '', sentence)
      await ada.page.fill('#name', 'Ada')
      await ada.page.click('#join')
      await ada.sees('Ada (you)')
    }
  }, 30_000)

  test('no page complained, and the browser ends', async () => {
    await (await started)?.close()
    assert.equal(complaints, [])
  })
})
