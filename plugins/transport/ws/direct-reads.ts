/**
 * Reads of a connection land in a buffer that all connections share, instead of in a new one each: no garbage, and
 * none of the pauses in which it is collected. `net.Socket` does that when it is made (`onread`), so the connection is
 * handed over to a new one. Taking a socket's handle isn't documented by Node: where anything looks different from
 * what is expected here, nothing happens, and the caller goes on with the socket it has.
 */

import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/** What a socket has that Node doesn't document, as far as it is used here. */
interface Insides {
  _handle: { useUserBuffer?: unknown; readonly constructor: { readonly name: string } } | null
  /** The server that counts the connection. */
  _server: object | null
  /** The HTTP answer that the socket is carrying. */
  _httpMessage?: object | null
}

/** The connection, and what of it had been read before. */
export interface Handover {
  readonly socket: Duplex
  readonly head: Buffer
}

/** Where reads land, and who is told of them. */
export interface ReadTarget {
  /** Asked for after every read, for the next one. */
  readonly chunk: Uint8Array
  /** So many bytes of the connection lie in `chunk`: in the one that was given for this read. */
  read(lengthBytes: number, chunk: Buffer): void
}

/**
 * Hands a connection over to a socket that reads into the target's chunk; the old one is spent. `head` is what its
 * owner has of it already. Undefined for a socket that must stay as it is: TLS or anything else but plain TCP, closed
 * or half-closed, still writing, or an unknown inside.
 */
export function readDirectly(old: Duplex, head: Buffer, target: ReadTarget): Handover | undefined {
  if (!isPlain(old)) return undefined
  const { _handle: handle, _server: server } = old
  const rest = (old.read() as Buffer | null) ?? Buffer.alloc(0)
  old._handle = null
  old._server = null
  // It has nothing left to close but itself: timers, and whoever listens for its end.
  old.destroy()
  const socket = new Socket({
    handle,
    allowHalfOpen: true, // as Node's HTTP server has it: a client may end first and still read
    onread: readsInto(target),
  } as ConstructorParameters<typeof Socket>[0] & { handle: unknown }) as Socket & Insides
  socket._server = server
  return { socket, head: Buffer.concat([head, rest]) }
}

/** Apart from the function above, whose variables would live as long as the connection. */
function readsInto(target: ReadTarget) {
  let reading: Uint8Array | undefined
  return {
    buffer() {
      const { chunk } = target
      if (chunk === reading) return undefined // what it has, stays
      reading = chunk
      return chunk
    },
    callback(lengthBytes: number, chunk: Buffer) {
      target.read(lengthBytes, chunk)
      return true
    },
  }
}

function isPlain(old: Duplex): old is Socket & Insides {
  // On Windows a read may be under way when nothing has arrived, and a buffer can't be shared.
  if (!(old instanceof Socket) || old.constructor !== Socket || process.platform === 'win32') return false
  const { _handle: handle, _httpMessage: message } = old as Socket & Insides
  return (
    handle !== null &&
    handle?.constructor.name === 'TCP' &&
    typeof handle.useUserBuffer === 'function' &&
    !message &&
    old.readable &&
    old.writable &&
    old.writableLength === 0
  )
}
