import { setImmediate as turn } from 'node:timers/promises'
import { fragment, framed } from '../../../plugins/transport/ws/client-frames.js'
import { RawSocket } from '../../../plugins/transport/ws/raw-socket.js'
import type { Sequence } from './sequence.js'

const text = (message: object | string) =>
  framed(1, typeof message === 'string' ? message : JSON.stringify(message))

/** Frames that are sent again and again, as fast as the server takes them, and how often. */
const FLOODS: Readonly<Record<string, readonly [frame: Buffer, times: number]>> = {
  pings: [framed(9, 'x'.repeat(125)), 20_000],
  'empty pings': [framed(9), 50_000],
  pongs: [framed(10, 'x'), 50_000],
  'tiny frames that are no JSON': [framed(1, 'x'), 20_000],
  'empty frames': [framed(1), 20_000],
  'tiny messages': [text({ type: 'publish', room: 'a', data: 0 }), 5000],
  'messages to nobody': [text({ type: 'signal', room: 'a', to: 'AAAAAAAAAAAAAAAA', data: 0 }), 20_000],
  'messages to rooms it is not in': [text({ type: 'publish', room: 'b', data: 0 }), 20_000],
  'joins and leaves': [
    Buffer.concat([text({ type: 'join', room: 'b' }), text({ type: 'leave', room: 'b' })]),
    5000,
  ],
  updates: [text({ type: 'update', room: 'a', data: 'x' }), 2000],
  'joins of one room': [text({ type: 'join', room: 'a' }), 20_000],
  acks: [text({ type: 'ack', seen: 0 }), 50_000],
  'ids that skip': [text({ type: 'publish', room: 'a', id: 9, data: 0 }), 20_000],
  'fragments without an end': [fragment(0, 'x'), 50_000],
  'fragments of nothing': [fragment(0), 50_000],
  'close frames': [framed(8), 20_000],
  'deep nesting': [text('['.repeat(60_000)), 200],
  'large messages for nobody': [text({ type: 'publish', room: 'b', data: 'x'.repeat(60_000) }), 500],
}
/** Bytes handed to the socket before the flooder looks whether the connection still stands. */
const CHUNK_BYTES = 64 * 1024

export const FLOODS_READ_AND_UNREAD: readonly Sequence[] = Object.entries(FLOODS).flatMap(
  ([name, [frame, times]]) =>
    [true, false].map((reads) => ({
      name: `flood of ${name}${reads ? '' : ', without reading'}`,
      async play({ url, defer }: Parameters<Sequence['play']>[0]) {
        const client = await RawSocket.open(defer, url, 'room=a')
        const { socket } = client
        if (!reads) socket.pause()
        if (name.startsWith('fragments')) socket.write(fragment(1, 'x'))
        const atOnce = Math.max(1, Math.floor(CHUNK_BYTES / frame.length))
        const chunk = Buffer.concat(Array<Buffer>(atOnce).fill(frame))
        for (let sent = 0; sent < times && !socket.destroyed; sent += atOnce) {
          // Whoever doesn't read is stopped by the server's not reading either, or by its closing.
          if (!socket.write(chunk) && reads) await readyOrGone(socket)
          else await turn()
        }
        client.destroy()
        return undefined
      },
    })),
)

/** Waits until the socket takes more, or is gone. */
function readyOrGone(socket: RawSocket['socket']): Promise<void> {
  return new Promise((resolve) => {
    const done = () => {
      socket.off('drain', done)
      socket.off('close', done)
      resolve()
    }
    socket.on('drain', done)
    socket.on('close', done)
  })
}
