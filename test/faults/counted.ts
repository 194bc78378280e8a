import type { ServerMessage } from '../../core/protocol.js'
import { type Counted, markOf } from './log.js'

const textOf = (data: unknown): string => (typeof data === 'string' ? data : JSON.stringify(data))

/** What the log keeps of a frame of a counted kind; undefined for any other. */
export function countedOf(message: ServerMessage): Counted | undefined {
  switch (message.type) {
    case 'joined': {
      const members = message.peers.map(({ id, data }) => ({ peer: id, mark: markOf(textOf(data)) }))
      return { kind: 'joined', room: message.room, id: message.id ?? 0, members }
    }
    case 'peer-joined':
      return {
        kind: 'peer-joined',
        room: message.room,
        from: message.peer.id,
        mark: markOf(textOf(message.peer.data)),
      }
    case 'peer-left':
      return { kind: 'peer-left', room: message.room, from: message.peer.id }
    case 'peer-updated':
      return {
        kind: 'update',
        room: message.room,
        from: message.peer.id,
        mark: markOf(textOf(message.peer.data)),
      }
    case 'offer':
    case 'answer':
    case 'candidate':
    case 'signal':
    case 'publish':
      return {
        kind: message.type,
        room: message.room,
        from: message.from,
        mark: markOf(textOf(message.data)),
      }
    default:
      return undefined
  }
}
