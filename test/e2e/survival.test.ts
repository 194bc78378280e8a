/** A call outlives its signaling: sockets are cut, the server is killed, and the picture never stops. */

import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import type { Browser } from 'playwright-core'
import * as assert from 'uvu/assert'
import type { EngineName } from '../../core/engine/engine.js'
import { banner, type Command, signalbox } from '../cli/command.js'
import { FaultProxy } from '../faults/proxy.js'
import { type Defer, ENGINES, suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import { findChromium, launch } from './browser.js'
import { Caller } from './caller.js'
import { enterRoom, type Window } from './in-page.js'
import { watch } from './watch.js'

const LIMIT_MS = 90_000
/** The call goes on for this long behind each fault and is watched. */
const AFTER_MS = 3_000
/** A busy machine may skip a second; a picture that has stopped stays away for longer than this. */
const STILL_S = 3

type Config = Record<string, unknown>

suite('a call that outlives its signaling, in Chromium', (test) => {
  const chromium = findChromium()
  if ('missing' in chromium) {
    test.skip('media never stops', chromium.missing)
    return
  }
  let started: Promise<Browser> | undefined

  /** A server in a process of its own, at a port that it can come back to. */
  const serve = async (
    defer: Defer,
    engine: EngineName,
    config: Config,
    port = 0,
    cwd = temporaryFolder(defer, {}),
  ) => {
    writeFileSync(join(cwd, 'config.json'), JSON.stringify({ engine, admin: false, ...config }))
    const command = signalbox(defer, ['start', '--port', `${port}`, '--config', 'config.json'], { cwd })
    const { page } = await banner(command)
    return { command, port: Number(new URL(page).port) }
  }

  /** Two pages in a call over this port, each sending the other a picture. */
  const callAt = async (defer: Defer, port: number): Promise<readonly [Caller, Caller]> => {
    started ??= launch(chromium.path)
    const url = `http://127.0.0.1:${port}`
    const callers = [
      await Caller.arrive(defer, await started),
      await Caller.arrive(defer, await started),
    ] as const
    for (const caller of callers) {
      await caller.visit(url)
      await caller.page.evaluate(enterRoom, { url: `${url}/signal`, lateMs: 0 })
    }
    await callers[0].until('both are here', () => (window as unknown as Window).room.peers.size === 1)
    for (const { page } of callers) await page.evaluate(() => (window as unknown as Window).addPicture())
    await Promise.all(callers.map((caller) => caller.watches(1)))
    for (const { page } of callers) {
      await page.evaluate(() => (window as unknown as Window).told.splice(0))
    }
    return callers
  }

  /** Watches both while `fault` happens and until both have told `expected`; then a while longer. */
  const through = async (
    what: string,
    callers: readonly [Caller, Caller],
    expected: string,
    fault: () => unknown,
  ): Promise<void> => {
    const stop = await Promise.all(callers.map(({ page }) => watch(page)))
    await fault()
    for (const { page } of callers) {
      const told = await waitUntilTold(page, expected)
      assert.not.ok(
        told.includes('peer-left') || told.includes('peer-joined') || told.includes('error'),
        told.join(),
      )
    }
    await new Promise((resolve) => setTimeout(resolve, AFTER_MS))
    for (const end of stop) {
      const { frames, longestStillS } = await end()
      console.log(`${what}: frames decoded in each second: ${frames.join(' ')}`)
      assert.ok(
        longestStillS < STILL_S,
        `the picture stood still for ${longestStillS} s: ${frames.join(' ')}`,
      )
    }
  }

  /** A new track, another in its place, a channel, a message: each needs the server or the negotiation behind it. */
  const talk = async ([ada, bo]: readonly [Caller, Caller]): Promise<void> => {
    for (const [one, other] of [
      [ada, bo],
      [bo, ada],
    ] as const) {
      await one.page.evaluate(() => (window as unknown as Window).addPicture())
      const two = () => [...(window as unknown as Window).room.peers.values()][0]!.streams.length === 2
      await other.until('a second picture arrives', two)
      await one.page.evaluate(() => (window as unknown as Window).replacePicture())
      await one.page.evaluate(() => (window as unknown as Window).removePicture())
      const back = () => [...(window as unknown as Window).room.peers.values()][0]!.streams.length === 1
      await other.until('it is gone again', back)
      await one.page.evaluate(() => (window as unknown as Window).openChannel('hello'))
      await one.until('a new channel echoes', () =>
        (window as unknown as Window).heard.includes('echo of hello'),
      )
      await one.page.evaluate(() => {
        const [peer] = (window as unknown as Window).room.peers.values()
        return peer!.send('through the server')
      })
      await other.until('and the server carries', () =>
        (window as unknown as Window).heard.includes('through the server'),
      )
      await other.watches(1)
      const connections = () => (window as unknown as { connections: unknown[] }).connections.length === 1
      await one.until('all over one connection', connections)
    }
  }

  for (const engine of ENGINES) {
    test(
      `${engine}: sockets cut with messages under way: resumed, and nobody was told anything`,
      async (defer) => {
        const { port } = await serve(defer, engine, {})
        const proxy = await FaultProxy.listen(port)
        defer(() => proxy.close())
        const callers = await callAt(defer, proxy.port)
        await through(`${engine}, sockets cut`, callers, 'resumed true', async () => {
          for (const { page } of callers) {
            await page.evaluate(() => void (window as unknown as Window).room.publish('before the cut'))
          }
          for (const link of [...proxy.links]) link.cut()
        })
        for (const caller of callers) {
          await caller.until('nothing was lost', () =>
            (window as unknown as Window).heard.includes('before the cut'),
          )
        }
        await talk(callers)
      },
      LIMIT_MS,
    )

    test(
      `${engine}: the server is killed and comes back empty: new ids, the same connection`,
      async (defer) => {
        const { command, port } = await serve(defer, engine, {})
        const callers = await callAt(defer, port)
        await through(`${engine}, SIGKILL`, callers, 'peer-renamed', async () => {
          await kill(command)
          // Offers that cross in a dead server.
          for (const { page } of callers)
            await page.evaluate(() => (window as unknown as Window).addPicture())
          await new Promise((resolve) => setTimeout(resolve, 1_000))
          await serve(defer, engine, {}, port)
        })
        for (const caller of callers) {
          const two = () => [...(window as unknown as Window).room.peers.values()][0]!.streams.length === 2
          await caller.until('what was offered meanwhile arrives', two)
        }
        for (const { page } of callers) {
          await page.evaluate(() => (window as unknown as Window).removePicture())
        }
        await talk(callers)
      },
      LIMIT_MS,
    )
  }

  for (const [what, config, expected] of [
    ['without a store: told at once, the same connection', {}, 'peer-renamed'],
    [
      'with a store: resumed, as if nothing had been',
      { sessions: { file: 'sessions.json' } },
      'resumed true',
    ],
  ] as const) {
    test(
      `the server is asked to end and started again, ${what}`,
      async (defer) => {
        const folder = temporaryFolder(defer, {})
        const { command, port } = await serve(defer, 'wasm', config, 0, folder)
        const callers = await callAt(defer, port)
        await through(`SIGTERM ${what}`, callers, expected, async () => {
          command.child.kill('SIGTERM')
          await command.exit
          await serve(defer, 'wasm', config, port, folder)
        })
        await talk(callers)
      },
      LIMIT_MS,
    )
  }

  test('the browser ends', async () => {
    await (await started)?.close()
  })
})

async function kill({ child, exit }: Command): Promise<void> {
  child.kill('SIGKILL')
  await exit
}

/** What the page was told, once `expected` is among it. */
async function waitUntilTold(page: Caller['page'], expected: string): Promise<readonly string[]> {
  const deadline = Date.now() + 30_000
  for (;;) {
    const told = await page.evaluate(() => (window as unknown as Window).told)
    if (told.includes(expected)) return told
    if (Date.now() > deadline) throw new Error(`never told ${expected}, but ${told.join()}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
