/** How loud the microphone is, so that people see that it works before they join. */

import type { LocalMedia } from './devices.js'
import { box } from './dom.js'

/** Shows the level until the returned function is called. */
export function showLevel(media: LocalMedia): () => void {
  const bar = box('level')
  const context = new AudioContext()
  const analyser = new AnalyserNode(context, { fftSize: 512 })
  const samples = new Float32Array(analyser.fftSize)
  let source: MediaStreamAudioSourceNode | undefined
  let frame = 0

  const listen = () => {
    source?.disconnect()
    source = undefined
    const [track] = media.stream.getAudioTracks()
    if (!track) return
    source = context.createMediaStreamSource(new MediaStream([track]))
    source.connect(analyser)
  }
  const draw = () => {
    frame = requestAnimationFrame(draw)
    analyser.getFloatTimeDomainData(samples)
    const power = samples.reduce((sum, sample) => sum + sample * sample, 0) / samples.length
    // −60 dB is silence, 0 dB as loud as it gets.
    const level = power === 0 ? 0 : Math.max(0, 1 + (10 * Math.log10(power)) / 60)
    bar.style.transform = `scaleX(${media.muted ? 0 : level.toFixed(2)})`
  }
  // Browsers start sound processing only after a first gesture; one that ends it all is no mistake.
  const wake = () => void context.resume().catch(() => {})
  addEventListener('pointerdown', wake)
  addEventListener('keydown', wake)
  const off = media.on('change', listen)
  listen()
  draw()
  return () => {
    off()
    removeEventListener('pointerdown', wake)
    removeEventListener('keydown', wake)
    cancelAnimationFrame(frame)
    void context.close()
  }
}
