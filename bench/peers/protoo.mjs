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

/** A member that is about to go can't be told any more, and needn't be. */
const tell = (member, method, data) => member.notify(method, data).catch(() => {})

transports.on('connectionrequest', ({ request }, accept) => {
  const [, roomName, id] = request.url.split('/')
  const room = rooms.get(roomName) ?? new protoo.Room()
  rooms.set(roomName, room)
  if (room.hasPeer(id)) room.getPeer(id).close() // came back before its old connection was missed
  for (const member of room.peers) tell(member, 'peerJoined', { id })
  const peer = room.createPeer(id, accept())
  peer.on('notification', ({ method, data }) => {
    const { to, ...rest } = data
    const message = { from: id, ...rest }
    const recipients = to === undefined ? room.peers : [room.getPeer(to)]
    for (const member of recipients) if (member && member !== peer) tell(member, method, message)
  })
  peer.on('request', (_request, accept) => accept())
  peer.on('close', () => {
    for (const member of room.peers) tell(member, 'peerLeft', { id })
    if (room.peers.length === 0) rooms.delete(roomName)
  })
})
server.listen(0, '127.0.0.1', 1024, () => console.log(`listening ${server.address().port}`))
