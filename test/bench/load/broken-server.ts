/** A server that relays in a room by the path, and makes mistakes on purpose. */

import { WebSocket, WebSocketServer } from 'ws'
import type { Defer } from '../../suite.js'

export type Mistake = 'none' | 'loses' | 'doubles' | 'changes' | 'swaps' | 'chatters' | 'closes'

/** From this message on, once. */
const AT = 40

/** Its port. */
export function brokenServer(defer: Defer, mistake: Mistake): Promise<number> {
  const server = new WebSocketServer({ host: '127.0.0.1', port: 0 })
  const rooms = new Map<string, Set<WebSocket>>()
  let messages = 0
  let held: string | undefined
  server.on('connection', (socket, { url }) => {
    const members = rooms.get(url!) ?? new Set()
    rooms.set(url!, members.add(socket))
    socket.on('error', () => {})
    socket.on('close', () => members.delete(socket))
    socket.on('message', (bytes) => {
      let text = bytes.toString()
      const wrong = ++messages === AT
      if (wrong && mistake === 'closes') socket.close(4000)
      if (wrong && mistake === 'changes') text = text.replace('raddr', 'rAddr')
      for (const member of members) {
        if (member === socket) continue
        if (wrong && mistake === 'loses') continue
        if (mistake === 'swaps' && messages >= AT && held === undefined) held = text
        else member.send(text)
        // The one that is missing is made up for by another one twice.
        if (mistake === 'swaps' && messages === AT + 1 && held !== undefined) member.send(text)
        if (wrong && mistake === 'doubles') member.send(text)
        if (wrong && mistake === 'chatters') member.send('{"type":"hello"}')
      }
    })
  })
  defer(() => {
    for (const client of server.clients) client.terminate()
    return new Promise((resolve) => server.close(resolve))
  })
  return new Promise((resolve) =>
    server.on('listening', () => resolve((server.address() as { port: number }).port)),
  )
}
