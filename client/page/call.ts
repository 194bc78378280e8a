/** A call: the room on the wire on one side, the tiles and buttons on the other. */

import { connect, type Peer, type Room, type Session, type SignalboxError } from '../index.js'
import { announce } from './announce.js'
import { CAMERA_ICONS, draw, MIC_ICONS, SCREEN_ICONS, shortcuts } from './controls.js'
import type { LocalMedia } from './devices.js'
import { box, button, element } from './dom.js'
import { showKnocks } from './knocks.js'
import { peerProblem } from './messages.js'
import { linkTo } from './names.js'
import { type Profile, profileOf } from './profile.js'
import { Screen } from './screen.js'
import type { Tiles } from './tiles.js'

export interface CallOptions {
  readonly name: string
  readonly room: string
  readonly token: string | undefined
  readonly media: LocalMedia
  readonly tiles: Tiles
  /** Somebody must let us in; `giveUp` ends the wait. */
  onWaiting(giveUp: () => void): void
  /** The call is over: we left, or `error` ended it. Once. */
  onEnd(error: SignalboxError | undefined): void
}

const LOST = 'Reconnecting to the server…'
/** How long it is said that all is well again. */
const AGAIN_MS = 3_000

/** The key of a person's screen among the tiles. */
const screenOf = (id: string) => `${id} screen`

const toggles = {
  mic: { button: button('mic'), label: 'Mute microphone', icons: MIC_ICONS, key: 'm' },
  camera: { button: button('camera-toggle'), label: 'Turn camera off', icons: CAMERA_ICONS, key: 'v' },
  screen: { button: button('screen'), label: 'Share screen', icons: SCREEN_ICONS, key: 's' },
}

/** Enters the room. Rejects with a SignalboxError; `onEnd` is for what happens after. */
export async function enterCall(options: CallOptions): Promise<Call> {
  const { name, room, token, media } = options
  const profile: Profile = { name, muted: media.muted, camera: media.cameraOn, screen: null }
  const session = await connect(new URL('/signal', location.href), token ? { token } : {})
  // Not with the handshake: until it is let in, the room says how it stands.
  const joining = session.join(room, { data: { ...profile } })
  const before = session.rooms.get(room)
  before?.on('state', ({ state }) => {
    if (state === 'waiting') options.onWaiting(() => void before.leave())
  })
  try {
    return new Call(session, await joining, options)
  } catch (error) {
    session.close()
    throw error
  }
}

export class Call {
  readonly #session: Session
  readonly #room: Room
  readonly #options: CallOptions
  readonly #screen = new Screen((before) => this.#shared(before))
  /** Undone when the call ends, last first. */
  readonly #undo: (() => void)[] = []
  readonly #listeners = new AbortController()

  /** Use `enterCall`. */
  constructor(session: Session, room: Room, options: CallOptions) {
    this.#session = session
    this.#room = room
    this.#options = options
    box('call-room').textContent = room.name
    this.#followRoom()
    this.#followMedia()
    this.#bindControls()
    this.#undo.push(showKnocks(room))
    room.addStream(options.media.stream)
    for (const peer of room.peers.values()) this.#showPeer(peer)
    this.#draw()
  }

  leave(): void {
    void this.#room.leave()
  }

  #followRoom(): void {
    const room = this.#room
    const show = ({ peer }: { peer: Peer }) => this.#showPeer(peer)
    room.on('peer-joined', (peer) => {
      announce(`${profileOf(peer.data).name} joined`)
      this.#showPeer(peer)
      this.#draw()
    })
    room.on('peer-left', (peer) => {
      announce(`${profileOf(peer.data).name} left`)
      this.#options.tiles.remove(peer.id)
      this.#options.tiles.remove(screenOf(peer.id))
      this.#draw()
    })
    room.on('peer-renamed', ({ peer, formerId }) => {
      this.#options.tiles.rename(formerId, peer.id)
      this.#options.tiles.rename(screenOf(formerId), screenOf(peer.id))
    })
    room.on('peer-updated', (peer) => this.#showPeer(peer))
    room.on('peer-state', show)
    room.on('track', ({ peer, streams }) => {
      for (const stream of streams) stream.onremovetrack = () => this.#showPeer(peer)
      this.#showPeer(peer)
    })
    room.on('state', ({ state, error }) => {
      if (state === 'left') this.#end(error)
      else this.#draw()
    })
  }

  #followMedia(): void {
    const { media } = this.#options
    const room = this.#room
    this.#undo.push(
      media.on('added', (track) => room.addTrack(track, media.stream)),
      media.on('removed', (track) => room.removeTrack(track)),
      media.on('replaced', ({ from, to }) => void room.replaceTrack(from, to)),
      media.on('problem', announce),
      media.on('change', () => this.#changed()),
    )
  }

  #bindControls(): void {
    const { media } = this.#options
    const { signal } = this.#listeners
    const dialog = element('settings-dialog', HTMLDialogElement)
    const press = (target: HTMLButtonElement, act: () => unknown) =>
      target.addEventListener('click', () => void act(), { signal })
    press(toggles.mic.button, () => media.setMuted(!media.muted))
    press(toggles.camera.button, () => media.setCamera(!media.cameraOn))
    press(toggles.screen.button, () => (this.#screen.stream ? this.#screen.stop() : this.#screen.share()))
    press(button('leave'), () => this.leave())
    press(button('copy-link'), () => this.#copyLink())
    press(button('settings'), () => {
      box('call-devices').append(box('lobby-devices'))
      dialog.showModal()
    })
    toggles.screen.button.disabled = !Screen.possible
    this.#undo.push(
      shortcuts([toggles.mic.button, toggles.camera.button, toggles.screen.button, button('leave')]),
      () => dialog.close(),
    )
  }

  async #copyLink(): Promise<void> {
    const link = linkTo(this.#room.name)
    try {
      await navigator.clipboard.writeText(link)
      announce('Link copied. Whoever opens it can join.')
    } catch {
      announce(`Send this link: ${link}`)
    }
  }

  #shared(before: MediaStream | undefined): void {
    for (const track of before?.getTracks() ?? []) this.#room.removeTrack(track)
    const now = this.#screen.stream
    // Told first, so that nobody takes the screen for a face.
    this.#changed()
    if (now) this.#room.addStream(now)
  }

  /** We changed: the others are told, and our own tile shows it. */
  #changed(): void {
    const { media, name } = this.#options
    const profile: Profile = {
      name,
      muted: media.muted,
      camera: media.cameraOn,
      screen: this.#screen.stream?.id ?? null,
    }
    if (JSON.stringify(profile) !== JSON.stringify(this.#room.data)) void this.#room.update({ ...profile })
    this.#draw()
  }

  #draw(): void {
    const { media, name, tiles } = this.#options
    draw(toggles.mic, media.muted)
    draw(toggles.camera, !media.cameraOn)
    draw(toggles.screen, this.#screen.stream !== undefined)
    tiles.show('own', 'own', {
      name: `${name} (you)`,
      stream: media.cameraOn ? media.stream : undefined,
      picture: media.cameraOn,
      muted: media.muted,
    })
    if (this.#screen.stream) {
      const looks = { name: 'Your screen', stream: this.#screen.stream, picture: true, muted: false }
      tiles.show('own screen', 'screen', looks)
    } else tiles.remove('own screen')
    const others = this.#room.peers.size
    box('head-count').textContent = others === 0 ? 'Only you' : `${others + 1} people`
    box('alone').hidden = others > 0
    this.#drawConnection()
  }

  /** The call itself goes on meanwhile: said quietly, and taken back a moment after all is well. */
  #drawConnection(): void {
    const line = box('connection')
    const lost = this.#room.state === 'reconnecting'
    if (lost) line.textContent = LOST
    else if (line.textContent === LOST) {
      line.textContent = 'Connected again.'
      setTimeout(() => {
        if (line.textContent !== LOST) line.textContent = ''
      }, AGAIN_MS)
    }
    line.classList.toggle('again', !lost)
  }

  #showPeer(peer: Peer): void {
    if (!this.#room.peers.has(peer.id)) return
    const { tiles } = this.#options
    const { name, muted, camera, screen } = profileOf(peer.data)
    const stream = peer.streams.find(({ id }) => id !== screen)
    const shared = peer.streams.find(({ id }) => id === screen)
    tiles.show(peer.id, 'peer', {
      name,
      muted,
      stream,
      picture: camera && (stream?.getVideoTracks().length ?? 0) > 0,
      problem: peerProblem(name, peer.state),
      failed: peer.state === 'failed',
    })
    const key = screenOf(peer.id)
    if (shared)
      tiles.show(key, 'screen', { name: `${name}’s screen`, stream: shared, picture: true, muted: false })
    else tiles.remove(key)
  }

  #end(error: SignalboxError | undefined): void {
    this.#listeners.abort()
    for (let undo = this.#undo.pop(); undo; undo = this.#undo.pop()) undo()
    this.#screen.stop()
    box('connection').textContent = ''
    this.#session.close()
    this.#options.onEnd(error)
  }
}
