import type { LabClient } from './lab-client.js'

/**
 * Where somebody believes what isn't so: of each room, every client that is in it or on its way into it must know all
 * others and nobody else. Undefined: all are right, and so they agree.
 */
export function disagreement(clients: readonly LabClient[]): string | undefined {
  const members = new Map<string, Set<string>>()
  for (const client of clients) {
    if (!client.isConnected) return `${client.client} is not connected`
    for (const room of client.rooms.keys()) {
      const inRoom = members.get(room)
      if (inRoom) inRoom.add(client.peer)
      else members.set(room, new Set([client.peer]))
    }
  }
  for (const { client, peer, node, rooms } of clients) {
    for (const [room, others] of rooms) {
      const all = members.get(room)!
      for (const other of all) {
        if (other !== peer && !others.has(other))
          return `${client} at ${node} doesn't know ${other} in ${room}`
      }
      for (const other of others)
        if (!all.has(other)) return `${client} at ${node} still sees ${other} in ${room}`
    }
  }
  return undefined
}
