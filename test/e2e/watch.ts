/** Looks at a picture for as long as a test wants, and tells whether it ever stopped. */

import type { Page } from 'playwright-core'

const SAMPLE_MS = 1_000

export interface Watched {
  /** New frames in each second, in order. */
  readonly frames: readonly number[]
  /** The longest row of seconds without any. */
  readonly longestStillS: number
}

/**
 * Counts the frames that the first connection of the page decodes, second by second, until the returned function is
 * called. A connection made anew in its place would count as a picture that stopped.
 */
export async function watch(page: Page): Promise<() => Promise<Watched>> {
  await page.evaluate((sampleMs) => {
    const { connections } = window as unknown as { connections: RTCPeerConnection[] }
    const before = new Map<string, number>()
    const frames: number[] = []
    const sample = async () => {
      let fresh = 0
      for (const { type, kind, id, framesDecoded } of (await connections[0]!.getStats()).values()) {
        if (type !== 'inbound-rtp' || kind !== 'video') continue
        const counted = before.get(id) ?? 0
        // Chromium begins to count again when a description is taken back.
        fresh += framesDecoded < counted ? framesDecoded : framesDecoded - counted
        before.set(id, framesDecoded)
      }
      frames.push(fresh)
    }
    void sample()
    Object.assign(window, { frames, watching: setInterval(sample, sampleMs) })
  }, SAMPLE_MS)
  return async () => {
    const [, ...frames] = await page.evaluate(() => {
      const { frames, watching } = window as unknown as { frames: number[]; watching: number }
      clearInterval(watching)
      return frames
    })
    return { frames, longestStillS: longestStill(frames) }
  }
}

function longestStill(frames: readonly number[]): number {
  let longest = 0
  let now = 0
  for (const count of frames) {
    now = count > 0 ? 0 : now + 1
    longest = Math.max(longest, now)
  }
  return longest
}
