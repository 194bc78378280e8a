/**
 * A signaling server on `ws` as most applications write it. `once` serialises a broadcast once; without it each
 * recipient gets a JSON.stringify of its own, which is what one finds in the wild.
 *
 *   node ws-server.mjs [once]
 */

import { WebSocketServer } from 'ws'

const once = process.argv[2] === 'once'
const rooms = new Map()
const peers = new Map()

const send = once
  ? (recipients, message, except) => {
      const text = Buffer.from(JSON.stringify(message))
      for (const peer of recipients) if (peer !== except) peer.send(text, { binary: false })
    }
  : (recipients, message, except) => {
      for (const peer of recipients) if (peer !== except) peer.send(JSON.stringify(message))
    }

const join = (peer, room, data) => {
  const members = rooms.get(room) ?? new Set()
  rooms.set(room, members)
  send(members, { type: 'peer-joined', room, peer: { id: peer.id, data } })
  const peers = [...members].map((member) => ({ id: member.id, data: member.data }))
  peer.send(JSON.stringify({ type: 'joined', room, peers }))
  members.add(peer)
  peer.rooms.add(room)
  peer.data = data
}

const leave = (peer, room) => {
  const members = rooms.get(room)
  if (!members?.delete(peer)) return
  peer.rooms.delete(room)
  if (members.size === 0) rooms.delete(room)
  else send(members, { type: 'peer-left', room, peer: { id: peer.id } })
}

const receive = (peer, { type, room, to, data }) => {
  if (type === 'join') return join(peer, room, data)
  if (type === 'leave') return leave(peer, room)
  const members = rooms.get(room)
  if (!members?.has(peer)) return
  const message = { type, room, from: peer.id, data }
  if (to === undefined) return send(members, message, peer)
  const recipient = peers.get(to)
  if (recipient && members.has(recipient)) recipient.send(JSON.stringify(message))
}

const server = new WebSocketServer({
  host: '127.0.0.1',
  port: 0,
  backlog: 1024,
  perMessageDeflate: false,
  clientTracking: false,
})
server.on('listening', () => console.log(`listening ${server.address().port}`))
server.on('connection', (peer, request) => {
  peer.id = request.url.slice(1)
  peer.rooms = new Set()
  peers.set(peer.id, peer)
  peer.on('message', (bytes) => receive(peer, JSON.parse(bytes)))
  peer.on('error', () => {})
  peer.on('close', () => {
    for (const room of peer.rooms) leave(peer, room)
    if (peers.get(peer.id) === peer) peers.delete(peer.id)
  })
})
