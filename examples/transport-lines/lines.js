/** The messages of signalbox.v1 as lines of JSON on a raw connection: for scripts and devices without WebSocket. */

import {
  CLOCK,
  definePlugin,
  FRONT_DOOR,
  HUB,
  injected,
  LIMITS,
  OPTIONS,
  SignalError,
  Type,
} from 'signalbox/plugin'
import { LineConnection } from './line-connection.js'

const SWITCH = 'HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade: lines\r\n\r\n'
const LF = 0x0a

const options = Type.Object({
  path: Type.String({ pattern: '^/', default: '/lines', description: 'path of the upgrade' }),
})

class LinesTransport {
  #path
  #door
  #hub
  #clock
  #sockets = new Set()

  constructor({ path }, door, hub, clock) {
    this.#path = path
    this.#door = door
    this.#hub = hub
    this.#clock = clock
  }

  start() {
    this.#door.mountUpgrade(this.#path, (upgrade) => void this.#accept(upgrade))
  }

  stop() {
    for (const socket of this.#sockets) socket.destroy()
  }

  async #accept({ request, socket, head, url, address, done, refuse }) {
    this.#sockets.add(socket)
    socket.once('close', () => this.#sockets.delete(socket))
    const token = /^Bearer (\S+)$/.exec(request.headers.authorization ?? '')?.[1]
    const room = url.searchParams.get('room')
    try {
      const admission = await this.#hub.admit({ token, address, ...(room === null ? {} : { room }) })
      if (socket.destroyed) return admission.discard()
      done()
      socket.write(SWITCH)
      listen(socket, head, admission.attach(new LineConnection(socket, address, this.#clock)))
    } catch (error) {
      refuse(error instanceof SignalError ? error : new SignalError('E_INTERNAL'))
    }
  }
}

/** Gives the peer each complete line; what a client doesn't end with a line feed isn't a message. */
function listen(socket, head, peer) {
  let rest = Buffer.alloc(0)
  const take = (chunk) => {
    rest = Buffer.concat([rest, chunk])
    for (let end = rest.indexOf(LF); end >= 0; end = rest.indexOf(LF)) {
      peer.receive(rest.subarray(0, end))
      rest = rest.subarray(end + 1)
    }
    if (rest.length <= LIMITS.messageBytes) return
    socket.off('data', take)
    peer.fail(new SignalError('E_TOO_LARGE'))
  }
  take(head)
  socket.on('data', take)
  socket.on('end', () => socket.end())
  socket.on('close', () => peer.gone(1006))
}

export default definePlugin({
  kind: 'transport',
  name: 'lines',
  description: 'Lines of JSON on an upgraded connection.',
  options,
  useClass: injected(LinesTransport, OPTIONS, FRONT_DOOR, HUB, CLOCK),
})
