/** A signaling server on protoo-server, with its rooms and peers; the path says /room/peer. */

import { createServer } from 'node:http'
import protoo from 'protoo-server'

const rooms = new Map()

const server = createServer()
const transports = new protoo.WebSocketServer(server, {
  keepalive: false,
  maxReceivedFrameSize: 65_536,
  maxReceivedMessageSize: 65_536,
  fragmentOutgoingMessages: false,
})

transports.on('connectionrequest', ({ request }, accept) => {
  const [, roomName, id] = request.url.split('/')
  const room = rooms.get(roomName) ?? new protoo.Room()
  rooms.set(roomName, room)
  if (room.hasPeer(id)) room.getPeer(id).close() // came back before its old connection was missed
  for (const member of room.peers) member.notify('peerJoined', { id })
  const peer = room.createPeer(id, accept())
  peer.on('notification', ({ method, data }) => {
    const { to, ...rest } = data
    const message = { from: id, ...rest }
    if (to !== undefined) room.getPeer(to)?.notify(method, message)
    else for (const member of room.peers) if (member !== peer) member.notify(method, message)
  })
  peer.on('request', (_request, accept) => accept())
  peer.on('close', () => {
    for (const member of room.peers) member.notify('peerLeft', { id })
    if (room.peers.length === 0) rooms.delete(roomName)
  })
})
server.listen(0, '127.0.0.1', 1024, () => console.log(`listening ${server.address().port}`))
