/** Our own camera and microphone: one stream that lasts, whose tracks come and go. */

import { Emitter } from '../emitter.js'
import { deviceProblem } from './messages.js'

export type DeviceKind = 'audio' | 'video'

export interface LocalMediaEvents {
  added: MediaStreamTrack
  removed: MediaStreamTrack
  replaced: { readonly from: MediaStreamTrack; readonly to: MediaStreamTrack }
  /** Anything changed, `muted` and the list of devices included. */
  change: undefined
  /** A sentence for the person. */
  problem: string
}

const NAMES = { audio: 'microphone', video: 'camera' } as const
const WANTED = {
  audio: { echoCancellation: true, noiseSuppression: true, autoGainControl: true },
  video: { width: { ideal: 1280 }, height: { ideal: 720 }, frameRate: { ideal: 30 } },
} as const satisfies Record<DeviceKind, MediaTrackConstraints>

export class LocalMedia extends Emitter<LocalMediaEvents> {
  readonly stream = new MediaStream()
  #muted = false
  readonly #tracks: Partial<Record<DeviceKind, MediaStreamTrack>> = {}
  readonly #chosen: Partial<Record<DeviceKind, string>> = {
    audio: localStorage.getItem('signalbox.audio') ?? '',
    video: localStorage.getItem('signalbox.video') ?? '',
  }

  constructor() {
    super()
    navigator.mediaDevices?.addEventListener('devicechange', () => this.emit('change', undefined))
  }

  /** Whether the others hear nothing: muted, or there is no microphone. */
  get muted(): boolean {
    return this.#muted || !this.#tracks.audio
  }

  get cameraOn(): boolean {
    return this.#tracks.video !== undefined
  }

  /** Starts a device, or another one in its place. What fails is told as `problem`, and leaves things as they were. */
  async start(kind: DeviceKind, deviceId = this.#chosen[kind]): Promise<void> {
    try {
      const exact = deviceId ? { deviceId: { ideal: deviceId } } : {}
      const got = await navigator.mediaDevices.getUserMedia({ [kind]: { ...WANTED[kind], ...exact } })
      this.#take(kind, got.getTracks()[0]!)
    } catch (error) {
      this.emit('problem', deviceProblem(NAMES[kind], error)!)
    }
  }

  /** Stops a device, so that its lamp goes out. */
  stop(kind: DeviceKind): void {
    const track = this.#tracks[kind]
    if (!track) return
    delete this.#tracks[kind]
    track.stop()
    this.stream.removeTrack(track)
    this.emit('removed', track)
    this.emit('change', undefined)
  }

  /** Mutes at once; to be heard again, a missing microphone is started. */
  async setMuted(muted: boolean): Promise<void> {
    this.#muted = muted
    if (!muted && !this.#tracks.audio) await this.start('audio')
    if (this.#tracks.audio) this.#tracks.audio.enabled = !muted
    this.emit('change', undefined)
  }

  async setCamera(on: boolean): Promise<void> {
    if (on) await this.start('video')
    else this.stop('video')
  }

  /** Remembers the device, and changes to it if one of its kind runs. */
  async choose(kind: DeviceKind, deviceId: string): Promise<void> {
    this.#chosen[kind] = deviceId
    localStorage.setItem(`signalbox.${kind}`, deviceId)
    await this.start(kind, deviceId)
  }

  /** The device in use, or chosen for later. */
  current(kind: DeviceKind): string {
    return this.#tracks[kind]?.getSettings().deviceId ?? this.#chosen[kind] ?? ''
  }

  #take(kind: DeviceKind, track: MediaStreamTrack): void {
    const before = this.#tracks[kind]
    this.#tracks[kind] = track
    if (kind === 'audio') track.enabled = !this.#muted
    track.addEventListener('ended', () => this.#lost(kind, track))
    if (before) {
      before.stop()
      this.stream.removeTrack(before)
    }
    this.stream.addTrack(track)
    if (before) this.emit('replaced', { from: before, to: track })
    else this.emit('added', track)
    this.emit('change', undefined)
  }

  /** Unplugged, or taken away in the browser's settings. */
  #lost(kind: DeviceKind, track: MediaStreamTrack): void {
    if (this.#tracks[kind] !== track) return
    this.stop(kind)
    this.emit('problem', `Your ${NAMES[kind]} is gone. Choose another one under Devices.`)
  }
}
