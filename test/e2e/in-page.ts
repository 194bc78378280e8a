/** What runs inside a page that uses the library by itself: sent there as source, so each function stands alone. */

import type { Room, Session } from '../../client/index.js'

/** What `enterRoom` leaves behind in the page. */
export interface Window {
  session: Session
  room: Room
  /** What the session and the room told, in order. */
  told: string[]
  /** Offers sent. */
  offers: number
  /** What messages and data channels brought. */
  heard: string[]
  addPicture(): void
  /** Stops the picture added last. */
  removePicture(): void
  /** Another picture in the place of the one added last. */
  replacePicture(): Promise<void>
  openChannel(text: string): void
}

/** Joins the room `lab`. Over a slow line every message leaves `lateMs` late, so that offers cross for certain. */
export async function enterRoom({
  url,
  lateMs,
  stats = false,
}: {
  url: string
  lateMs: number
  stats?: boolean | { everyMs: number }
}): Promise<void> {
  const page = window as unknown as Window
  class SlowWebSocket extends WebSocket {
    override send(text: string): void {
      const leave = () => {
        if (JSON.parse(text).type === 'offer') page.offers += 1
        super.send(text)
      }
      if (lateMs > 0) setTimeout(leave, lateMs)
      else leave()
    }
  }
  const module = '/signalbox.mjs'
  const { connect } = (await import(module)) as typeof import('../../client/index.js')
  const session = await connect(url, { room: 'lab', WebSocket: SlowWebSocket, stats })
  const room = await session.join('lab')
  const pictures: MediaStream[] = []
  const told: string[] = []
  const draw = () => {
    const canvas = document.createElement('canvas')
    setInterval(() => canvas.getContext('2d')!.fillRect(0, 0, Math.random() * 300, 100), 50)
    return canvas.captureStream(20)
  }
  Object.assign(page, {
    session,
    room,
    told,
    offers: 0,
    heard: [],
    addPicture() {
      pictures.push(draw())
      room.addStream(pictures.at(-1)!)
    },
    removePicture() {
      for (const track of pictures.pop()!.getTracks()) room.removeTrack(track)
    },
    async replacePicture() {
      const other = draw()
      await room.replaceTrack(pictures.pop()!.getTracks()[0]!, other.getTracks()[0]!)
      pictures.push(other)
    },
    openChannel(text: string) {
      const [peer] = room.peers.values()
      const channel = peer!.createDataChannel('test')
      channel.onopen = () => channel.send(text)
      channel.onmessage = ({ data }) => page.heard.push(data)
    },
  })
  session.on('state', (state) => told.push('resumed' in state ? `resumed ${state.resumed}` : state.state))
  for (const event of ['peer-joined', 'peer-left', 'peer-renamed', 'error'] as const) {
    room.on(event, () => told.push(event))
  }
  room.on('message', ({ data }) => page.heard.push(String(data)))
  room.on('channel', ({ channel }) => {
    channel.onmessage = ({ data }) => {
      page.heard.push(data)
      channel.send(`echo of ${data}`)
    }
  })
}
