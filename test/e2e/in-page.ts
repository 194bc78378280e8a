/** What runs inside a page that uses the library by itself: sent there as source, so each function stands alone. */

import type { Room } from '../../client/index.js'

/** What `enterRoom` leaves behind in the page. */
export interface Window {
  room: Room
  /** Offers sent. */
  offers: number
  /** What data channels brought. */
  heard: string[]
  addPicture(): void
  /** Stops the picture added last. */
  removePicture(): void
  openChannel(text: string): void
}

/** Joins a room over a slow line: every message leaves 600 ms late, so that offers cross for certain. */
export async function enterRoom(url: string): Promise<void> {
  const page = window as unknown as Window
  class SlowWebSocket extends WebSocket {
    override send(text: string): void {
      setTimeout(() => {
        if (JSON.parse(text).type === 'offer') page.offers += 1
        super.send(text)
      }, 600)
    }
  }
  const module = '/signalbox.mjs'
  const { connect } = (await import(module)) as typeof import('../../client/index.js')
  const session = await connect(url, { room: 'lab', WebSocket: SlowWebSocket })
  const room = await session.join('lab')
  const pictures: MediaStream[] = []
  Object.assign(page, {
    room,
    offers: 0,
    heard: [],
    addPicture() {
      const canvas = document.createElement('canvas')
      setInterval(() => canvas.getContext('2d')!.fillRect(0, 0, Math.random() * 300, 100), 50)
      const stream = canvas.captureStream(20)
      pictures.push(stream)
      room.addStream(stream)
    },
    removePicture() {
      for (const track of pictures.pop()!.getTracks()) room.removeTrack(track)
    },
    openChannel(text: string) {
      const [peer] = room.peers.values()
      const channel = peer!.createDataChannel('test')
      channel.onopen = () => channel.send(text)
      channel.onmessage = ({ data }) => page.heard.push(data)
    },
  })
  room.on('channel', ({ channel }) => {
    channel.onmessage = ({ data }) => {
      page.heard.push(data)
      channel.send(`echo of ${data}`)
    }
  })
}
