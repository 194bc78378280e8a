/** All tiles of a call, arranged so that they are as large as the window allows. */

import { announce } from './announce.js'
import { box } from './dom.js'
import { Tile, type TileLooks } from './tile.js'

const GAP_PX = 12
const SMALLEST_PX = 132
const LANDSCAPE = [16 / 10]
const PORTRAIT = [3 / 4, 1, 4 / 3]

export class Tiles {
  readonly #grid = box('tiles')
  readonly #tiles = new Map<string, Tile>()
  readonly #resize = new ResizeObserver(() => this.#arrange())
  readonly #blocked = new Set<HTMLVideoElement>()
  #speaker = ''

  constructor() {
    this.#resize.observe(this.#grid)
  }

  /** Shows a tile by this key, made now if there is none. */
  show(key: string, kind: 'own' | 'peer' | 'screen', looks: TileLooks): void {
    let tile = this.#tiles.get(key)
    if (!tile) {
      tile = new Tile(kind, (video) => this.#askForGesture(video))
      this.#tiles.set(key, tile)
      void setSpeaker(tile.video, this.#speaker)
      if (kind === 'screen') this.#grid.prepend(tile.root)
      else this.#grid.append(tile.root)
      this.#arrange()
    }
    tile.show(looks)
  }

  /** The tile goes on under another key, untouched. */
  rename(from: string, to: string): void {
    const tile = this.#tiles.get(from)
    if (!tile) return
    this.#tiles.delete(from)
    this.#tiles.set(to, tile)
  }

  remove(key: string): void {
    this.#tiles.get(key)?.remove()
    if (this.#tiles.delete(key)) this.#arrange()
  }

  /** Sends all sound to this speaker. */
  useSpeaker(deviceId: string): void {
    this.#speaker = deviceId
    for (const { video } of this.#tiles.values()) void setSpeaker(video, deviceId)
  }

  clear(): void {
    for (const key of [...this.#tiles.keys()]) this.remove(key)
  }

  /** The number of columns and the shape under which a tile gets the largest area. */
  #arrange(): void {
    const style = getComputedStyle(this.#grid)
    const width = this.#grid.clientWidth - 2 * Number.parseFloat(style.paddingLeft)
    const height = this.#grid.clientHeight - 2 * Number.parseFloat(style.paddingTop)
    const count = this.#tiles.size
    if (count === 0 || width <= 0) return
    let best = { tile: 0, shape: 1, area: 0 }
    for (const shape of width < height ? PORTRAIT : LANDSCAPE) {
      for (let columns = 1; columns <= count; columns++) {
        const rows = Math.ceil(count / columns)
        const byWidth = (width - GAP_PX * (columns - 1)) / columns
        const byHeight = ((height - GAP_PX * (rows - 1)) / rows) * shape
        const tile = Math.floor(Math.min(byWidth, byHeight))
        if (tile ** 2 / shape > best.area) best = { tile, shape, area: tile ** 2 / shape }
      }
    }
    this.#grid.style.setProperty('--tile', `${Math.max(best.tile, SMALLEST_PX)}px`)
    this.#grid.style.setProperty('--shape', String(best.shape))
  }

  /** After a reload the browser may want a click before it plays sound. */
  #askForGesture(video: HTMLVideoElement): void {
    if (this.#blocked.size === 0) {
      announce('Click anywhere to hear the others.')
      addEventListener('pointerdown', () => this.#unblock(), { once: true })
      addEventListener('keydown', () => this.#unblock(), { once: true })
    }
    this.#blocked.add(video)
  }

  #unblock(): void {
    for (const video of this.#blocked) void video.play().catch(() => {})
    this.#blocked.clear()
  }
}

async function setSpeaker(video: HTMLVideoElement, deviceId: string): Promise<void> {
  if (deviceId === '' || !('setSinkId' in video)) return
  await video.setSinkId(deviceId).catch(() => announce('This speaker can’t be used. Choose another one.'))
}
