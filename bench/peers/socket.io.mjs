/**
 * A signaling server on socket.io, set up for speed: WebSocket alone, no compression, the request not kept. Alone, or one
 * of several: `node socket.io.mjs redis|nats URL`.
 */

import { createServer } from 'node:http'
import { Server } from 'socket.io'

const ADAPTERS = {
  async redis(url) {
    const [{ Redis }, { createAdapter }] = [await import('ioredis'), await import('@socket.io/redis-adapter')]
    const client = new Redis(url)
    return createAdapter(client, client.duplicate())
  },
  async nats(url) {
    const [{ connect }, { createAdapter }] = [
      await import('nats'),
      await import('@mickl/socket.io-nats-adapter'),
    ]
    return createAdapter(await connect({ servers: url }))
  },
}

const [adapter, url] = process.argv.slice(2)
const server = createServer()
const io = new Server(server, {
  transports: ['websocket'],
  perMessageDeflate: false,
  httpCompression: false,
  serveClient: false,
  pingInterval: 3_600_000,
  ...(adapter === undefined ? {} : { adapter: await ADAPTERS[adapter](url) }),
})
io.engine.on('connection', (connection) => {
  connection.request = null // as socket.io's own page on memory advises
})
io.on('connection', (socket) => {
  socket.on('join', async (room, data) => {
    socket.to(room).emit('peer-joined', { room, id: socket.id, data })
    const peers = [...(io.sockets.adapter.rooms.get(room) ?? [])].map((id) => ({
      id,
      data: io.sockets.sockets.get(id)?.data.metadata,
    }))
    socket.data.metadata = data
    await socket.join(room)
    socket.emit('joined', { room, peers })
  })
  socket.on('leave', (room) => {
    socket.leave(room)
    socket.to(room).emit('peer-left', { room, id: socket.id })
  })
  socket.on('signal', ({ room, to, kind, data }) => {
    if (!socket.rooms.has(room)) return
    const message = { kind, room, from: socket.id, data }
    if (to === undefined) socket.to(room).emit('signal', message)
    // Of a member on another server nobody here knows the rooms: asking for each message would cost far more.
    else if (adapter !== undefined || io.sockets.adapter.rooms.get(room)?.has(to))
      io.to(to).emit('signal', message)
  })
})
server.listen(0, '127.0.0.1', 1024, () => console.log(`listening ${server.address().port}`))
