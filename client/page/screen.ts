/** Sharing the screen: at most one at a time, until somebody stops it here or in the browser's own bar. */

import { announce } from './announce.js'
import { deviceProblem } from './messages.js'

export class Screen {
  stream: MediaStream | undefined
  readonly #changed: (before: MediaStream | undefined) => void

  /** `changed` is told what was shared before; `stream` is what is shared now. */
  constructor(changed: (before: MediaStream | undefined) => void) {
    this.#changed = changed
  }

  static get possible(): boolean {
    return typeof navigator.mediaDevices?.getDisplayMedia === 'function'
  }

  async share(): Promise<void> {
    try {
      const stream = await navigator.mediaDevices.getDisplayMedia({ video: true, audio: true })
      stream.getVideoTracks()[0]?.addEventListener('ended', () => this.stop())
      const before = this.stream
      this.stream = stream
      this.#changed(before)
    } catch (error) {
      const problem = deviceProblem('screen', error)
      if (problem) announce(problem)
    }
  }

  stop(): void {
    const before = this.stream
    if (!before) return
    this.stream = undefined
    for (const track of before.getTracks()) track.stop()
    this.#changed(before)
  }
}
