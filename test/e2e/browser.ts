/** A real Chromium with fake devices: finds one, and says why when there is none. */

import { execFileSync } from 'node:child_process'
import { accessSync, constants } from 'node:fs'
import { type Browser, chromium, type Page } from 'playwright-core'

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
export function findChromium(): { readonly path: string } | { readonly missing: string } {
  const wanted = process.env.CHROMIUM_PATH
  if (wanted !== undefined) {
    return isExecutable(wanted) ? { path: wanted } : { missing: `CHROMIUM_PATH: ${wanted} can't be executed` }
  }
  const found = PLACES.find(isExecutable)
  if (found) return { path: found }
  if (process.getuid?.() !== 0 || !isExecutable('/usr/bin/apt-get')) {
    return { missing: 'no Chromium: install one, or set CHROMIUM_PATH' }
  }
  return install()
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

function install(): { readonly path: string } | { readonly missing: string } {
  console.log('no Chromium here: installing Debian’s with apt-get')
  try {
    execFileSync('apt-get', ['update', '-qq'], { stdio: 'ignore', timeout: 120_000 })
    execFileSync('apt-get', ['install', '-y', '-qq', '--no-install-recommends', 'chromium'], {
      stdio: 'ignore',
      timeout: 300_000,
      env: { ...process.env, DEBIAN_FRONTEND: 'noninteractive' },
    })
  } catch (error) {
    return { missing: `apt-get could not install Chromium: ${(error as Error).message}` }
  }
  const found = PLACES.find(isExecutable)
  return found ? { path: found } : { missing: 'apt-get installed no Chromium' }
}

function isExecutable(path: string): boolean {
  try {
    accessSync(path, constants.X_OK)
    return true
  } catch {
    return false
  }
}
