/** One person with a browser of their own: opens pages of the server, and can look behind them. */

import type { Browser, Page } from 'playwright-core'
import type { Defer } from '../suite.js'
import { until } from './browser.js'

/** Video may take its time to start on a busy machine. */
const WATCH_MS = 20_000

/** Runs in the page before its own scripts: keeps what the tests look at. */
function remember(): void {
  const connections: RTCPeerConnection[] = []
  Object.assign(window, { connections })
  window.RTCPeerConnection = class extends RTCPeerConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(this)
    }
  }
}

export class Caller {
  readonly page: Page
  /** What the browser complained about. */
  readonly complaints: string[] = []

  private constructor(page: Page) {
    this.page = page
    page.on('pageerror', (error) => this.complaints.push(error.stack || String(error)))
    page.on('console', (message) => {
      // A bare document has no icon, and browsers ask for one.
      const asksForIcon = message.location().url.endsWith('/favicon.ico')
      if (message.type() === 'error' && !asksForIcon) this.complaints.push(message.text())
    })
  }

  static async arrive(defer: Defer, browser: Browser, before?: () => void): Promise<Caller> {
    const context = await browser.newContext({ viewport: { width: 480, height: 360 } })
    defer(() => context.close())
    await context.addInitScript(remember)
    if (before) await context.addInitScript(before)
    return new Caller(await context.newPage())
  }

  /** Opens the call page and joins; resolves when the call is on the screen. */
  async call(url: string, room: string, name: string): Promise<void> {
    await this.page.goto(`${url}/?room=${room}`)
    await this.page.fill('#name', name)
    await this.until(
      'the preview runs',
      () => document.querySelector<HTMLVideoElement>('#preview')!.videoWidth > 0,
    )
    await this.page.click('#join')
    await this.page.waitForSelector('#call:not([hidden])')
  }

  /** A bare document of the server, to use the library in. */
  async visit(url: string): Promise<void> {
    await this.page.goto(`${url}/style.css`)
  }

  until(what: string, question: () => boolean | Promise<boolean>): Promise<void> {
    return until(this.page, what, question, undefined)
  }

  /** Waits until a tile is there for exactly these names, in any order. */
  async sees(...names: string[]): Promise<void> {
    await until(
      this.page,
      `it shows ${names.join(', ')}`,
      (expected) => {
        const shown = [...document.querySelectorAll('.tile .who')].map((who) => who.textContent)
        return shown.sort().join() === expected
      },
      names.sort().join(),
    )
  }

  /** Waits until this many connections are up, and pictures arrive on each of them. */
  async watches(count: number): Promise<void> {
    const before = await this.framesDecoded()
    const deadline = Date.now() + WATCH_MS
    for (;;) {
      const now = await this.framesDecoded()
      const grown = [...now].filter(([connection, frames]) => frames > (before.get(connection) ?? 0))
      if (now.size === count && grown.length === count) return
      if (Date.now() > deadline) {
        throw new Error(
          `frames never grew on ${count}: ${JSON.stringify([...before])} to ${JSON.stringify([...now])}`,
        )
      }
      await new Promise((resolve) => setTimeout(resolve, 100))
    }
  }

  /** Video frames decoded so far, by the number of the connection; of those that are up. */
  async framesDecoded(): Promise<Map<number, number>> {
    const counts = await this.page.evaluate(async () => {
      const { connections } = window as unknown as { connections: RTCPeerConnection[] }
      const up = [...connections.entries()].filter(
        ([, { connectionState }]) => connectionState === 'connected',
      )
      return Promise.all(
        up.map(async ([number, connection]) => {
          let frames = 0
          for (const report of (await connection.getStats()).values())
            if (report.type === 'inbound-rtp' && report.kind === 'video') frames += report.framesDecoded
          return [number, frames] as const
        }),
      )
    })
    return new Map(counts)
  }
}
