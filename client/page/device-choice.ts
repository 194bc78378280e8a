/** The lists of microphones, cameras and, where the browser can, speakers. */

import type { DeviceKind, LocalMedia } from './devices.js'
import { box, element } from './dom.js'

const KINDS = {
  audioinput: { list: 'microphone', label: 'Microphone' },
  videoinput: { list: 'camera', label: 'Camera' },
  audiooutput: { list: 'speaker', label: 'Speaker' },
} as const

const canChooseSpeaker = 'setSinkId' in HTMLMediaElement.prototype

/** Fills the lists and keeps them up to date. `onSpeaker` gets the id of the speaker that was chosen. */
export function deviceChoice(media: LocalMedia, onSpeaker: (deviceId: string) => void): void {
  const select = (kind: keyof typeof KINDS) => element(KINDS[kind].list, HTMLSelectElement)
  const choose = (kind: DeviceKind, list: HTMLSelectElement) =>
    list.addEventListener('change', () => void media.choose(kind, list.value))
  choose('audio', select('audioinput'))
  choose('video', select('videoinput'))
  const speaker = select('audiooutput')
  speaker.addEventListener('change', () => onSpeaker(speaker.value))
  speaker.hidden = !canChooseSpeaker
  box('speaker-label').hidden = !canChooseSpeaker

  const fill = async () => {
    const devices = (await navigator.mediaDevices?.enumerateDevices()) ?? []
    for (const kind of Object.keys(KINDS) as (keyof typeof KINDS)[]) {
      const list = select(kind)
      const before = list.value
      const found = devices.filter((device) => device.kind === kind)
      list.replaceChildren(
        ...found.map(
          ({ deviceId, label }, i) => new Option(label || `${KINDS[kind].label} ${i + 1}`, deviceId),
        ),
      )
      list.disabled = found.length === 0
      if (found.length === 0) list.append(new Option(`No ${KINDS[kind].label.toLowerCase()} found`, ''))
      const current =
        kind === 'audiooutput' ? before : media.current(kind === 'audioinput' ? 'audio' : 'video')
      if (found.some(({ deviceId }) => deviceId === current)) list.value = current
    }
  }
  media.on('change', () => void fill())
  void fill()
}
