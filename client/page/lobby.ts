/** Before the call: who am I, where to, and do camera and microphone work. */

import { CAMERA_ICONS, draw, MIC_ICONS } from './controls.js'
import type { LocalMedia } from './devices.js'
import { box, button, element, input, say } from './dom.js'
import { showLevel } from './level.js'
import { roomOfAddress, suggestRoom } from './names.js'

export interface Entry {
  readonly name: string
  readonly room: string
  readonly token: string | undefined
}

const toggles = {
  mic: { button: button('lobby-mic'), label: 'Mute microphone', icons: MIC_ICONS },
  camera: { button: button('lobby-camera'), label: 'Turn camera off', icons: CAMERA_ICONS },
}

export class Lobby {
  readonly #media: LocalMedia
  #stopLevel = () => {}
  #asking = false
  #visible = false

  /** `onJoin` is called with each valid entry. */
  constructor(media: LocalMedia, onJoin: (entry: Entry) => void) {
    this.#media = media
    const invited = roomOfAddress()
    input('room').value = invited ?? suggestRoom()
    input('name').value = localStorage.getItem('signalbox.name') ?? ''
    if (invited) {
      box('lobby-title').textContent = `Join ${invited}`
      box('lobby-lead').textContent = 'Somebody sent you this room. Say who you are, and come in.'
    }
    media.on('change', () => this.#draw())
    media.on('problem', (sentence) => this.#visible && say(box('media-problem'), sentence))
    toggles.mic.button.addEventListener('click', () => void media.setMuted(!media.muted))
    toggles.camera.button.addEventListener('click', () => void media.setCamera(!media.cameraOn))
    element('entry', HTMLFormElement).addEventListener('submit', (event) => {
      event.preventDefault()
      const entry = this.#read()
      if (entry) onJoin(entry)
    })
  }

  /** Shows the lobby, with what ended or prevented the call. */
  show(problem?: string): void {
    this.#visible = true
    box('lobby').hidden = false
    element('entry', HTMLFormElement).querySelector('details')!.append(box('lobby-devices'))
    this.#stopLevel = showLevel(this.#media)
    this.busy(false)
    this.fail(problem)
    this.#draw()
    if (problem === undefined) input(input('name').value ? 'room' : 'name').focus()
  }

  hide(): void {
    this.#visible = false
    box('lobby').hidden = true
    say(box('media-problem'), undefined)
    this.#stopLevel()
  }

  /** Asks for camera and microphone, each by itself: one that is missing shouldn't cost the other. */
  async preview(): Promise<void> {
    this.#asking = true
    this.#draw()
    await this.#media.start('audio')
    await this.#media.start('video')
    this.#asking = false
    this.#draw()
  }

  busy(joining: boolean): void {
    box('waiting').hidden = true
    button('join').disabled = joining
    button('join').textContent = joining ? 'Joining…' : 'Join'
  }

  /** Somebody must let us in; says so, and how to give up. */
  waits(giveUp: () => void): void {
    box('waiting').hidden = false
    button('join').textContent = 'Waiting…'
    button('give-up').onclick = giveUp
  }

  /** Says why it didn't work. */
  fail(problem: string | undefined): void {
    this.busy(false)
    say(box('entry-error'), problem)
  }

  /** The server wants a token: asks for it. */
  askForToken(): void {
    box('token-field').hidden = false
    input('token').focus()
  }

  #read(): Entry | undefined {
    for (const [id, problem] of [
      ['name', 'Say your name, so that the others know who comes.'],
      ['room', 'A room needs a name.'],
    ] as const) {
      const missing = input(id).value.trim() === ''
      input(id).setAttribute('aria-invalid', String(missing))
      if (!missing) continue
      this.fail(problem)
      input(id).focus()
      return undefined
    }
    const name = input('name').value.trim()
    localStorage.setItem('signalbox.name', name)
    return { name, room: input('room').value.trim(), token: input('token').value.trim() || undefined }
  }

  #draw(): void {
    draw(toggles.mic, this.#media.muted)
    draw(toggles.camera, !this.#media.cameraOn)
    const on = this.#media.cameraOn
    const preview = element('preview', HTMLVideoElement)
    preview.hidden = !on
    // An empty stream would hold up the page's `load` for ever.
    const stream = on ? this.#media.stream : null
    if (preview.srcObject !== stream) preview.srcObject = stream
    const note = this.#asking ? 'Asking for your camera and microphone…' : 'Your camera is off.'
    say(box('preview-note'), on ? undefined : note)
  }
}
