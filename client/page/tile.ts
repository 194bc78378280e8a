/** One person, or one screen: a picture, a name, and what is wrong with it. */

import { icon } from './dom.js'

export interface TileLooks {
  readonly name: string
  readonly stream: MediaStream | undefined
  /** Whether the stream has a picture to show; else the initial of the name stands for the person. */
  readonly picture: boolean
  readonly muted: boolean
  /** A sentence over the picture. */
  readonly problem?: string | undefined
  readonly failed?: boolean
}

export class Tile {
  readonly root = document.createElement('li')
  readonly video = document.createElement('video')
  readonly #initial = document.createElement('div')
  readonly #letter = document.createElement('span')
  readonly #who = document.createElement('span')
  readonly #muted = icon('mic-off')
  readonly #problem = document.createElement('p')
  readonly #blocked: (video: HTMLVideoElement) => void
  #picture = false

  /** `blocked` is told when the browser wants a gesture before it plays sound. */
  constructor(kind: 'own' | 'peer' | 'screen', blocked: (video: HTMLVideoElement) => void) {
    this.#blocked = blocked
    this.root.className = `tile ${kind}`
    this.video.autoplay = true
    this.video.playsInline = true
    this.video.muted = kind === 'own'
    // A first frame has a size; without a camera the size goes back to none.
    this.video.addEventListener('resize', () => this.#cover())
    this.video.addEventListener('loadeddata', () => this.#cover())
    this.#initial.className = 'initial'
    this.#initial.setAttribute('aria-hidden', 'true')
    this.#initial.append(this.#letter)
    const caption = document.createElement('div')
    caption.className = 'caption'
    this.#muted.classList.add('muted-mark')
    this.#who.className = 'who'
    caption.append(this.#muted, this.#who)
    this.#problem.className = 'link-state'
    this.root.append(this.video, this.#initial, caption, this.#problem)
  }

  show({ name, stream, picture, muted, problem, failed = false }: TileLooks): void {
    this.root.setAttribute('aria-label', muted ? `${name}, muted` : name)
    this.#who.textContent = name
    this.#letter.textContent = [...name][0]?.toUpperCase() ?? '?'
    this.#picture = picture && stream !== undefined
    this.#cover()
    this.#muted.toggleAttribute('hidden', !muted)
    this.#problem.textContent = problem ?? ''
    this.#problem.hidden = problem === undefined
    this.#problem.classList.toggle('failed', failed)
    if (this.video.srcObject !== (stream ?? null)) this.#play(stream)
  }

  remove(): void {
    this.video.srcObject = null
    this.root.remove()
  }

  /** The initial covers the picture until there is one to see. */
  #cover(): void {
    this.#initial.hidden = this.#picture && this.video.videoWidth > 0
  }

  #play(stream: MediaStream | undefined): void {
    this.video.srcObject = stream ?? null
    if (!stream) return
    this.video.play().catch((error: DOMException) => {
      // An AbortError only says that another stream took its place.
      if (error.name === 'NotAllowedError') this.#blocked(this.video)
    })
  }
}
