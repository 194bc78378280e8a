/** A real Chromium with fake devices: finds one, and says why when there is none. */

import { type Browser, chromium, type Page } from 'playwright-core'
import { findProgram, type Program } from '../installed-program.js'

const PLACES = [
  '/usr/bin/chromium',
  '/usr/bin/chromium-browser',
  '/usr/bin/google-chrome',
  '/usr/bin/google-chrome-stable',
  '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
]

const FLAGS = [
  '--use-fake-device-for-media-stream',
  '--use-fake-ui-for-media-stream',
  // Local addresses as they are, since nothing here answers multicast DNS; and pages that a test makes up may use them.
  '--disable-features=WebRtcHideLocalIpsWithMdns,LocalNetworkAccessChecks',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
  '--no-first-run',
]

/** The path of a Chromium, or why there is none. As root on Debian it installs one. */
export function findChromium(): Program {
  return findProgram({ name: 'Chromium', variable: 'CHROMIUM_PATH', places: PLACES, debian: 'chromium' })
}

/** Starts it. Devices are fake, and everybody may use them. */
export function launch(path: string): Promise<Browser> {
  return chromium.launch({ executablePath: path, args: FLAGS })
}

/** Asks `question` of the page until the answer is true; the error tells what was asked for. */
export async function until<T>(
  page: Page,
  what: string,
  question: (argument: T) => boolean | Promise<boolean>,
  argument: T,
  timeoutMs = 10_000,
): Promise<void> {
  const deadline = Date.now() + timeoutMs
  while (!(await page.evaluate(question as never, argument as never))) {
    if (Date.now() > deadline) throw new Error(`the page never came to this: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 50))
  }
}
