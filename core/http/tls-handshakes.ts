import type { Socket } from 'node:net'
import type { Server, TLSSocket } from 'node:tls'

/** TLS handshakes under way: not more than so many at a time, and none left when the listener stops. */
export class TlsHandshakes {
  /** By the client's address and port: Node doesn't say which socket a `TLSSocket` was made of. */
  readonly #sockets = new Map<string, Socket>()

  /** One too many is ended at once. How long each may take is the server's `handshakeTimeout`. */
  constructor(server: Server, limit: number) {
    server.prependListener('connection', (socket: Socket) => {
      if (this.#sockets.size >= limit) {
        socket.destroy()
        return
      }
      const key = keyOf(socket)
      this.#sockets.set(key, socket)
      socket.once('close', () => this.#sockets.delete(key))
    })
    server.on('secureConnection', (socket: TLSSocket) => this.#sockets.delete(keyOf(socket)))
  }

  get size(): number {
    return this.#sockets.size
  }

  stop(): void {
    for (const socket of this.#sockets.values()) socket.destroy()
  }
}

const keyOf = ({ remoteAddress, remotePort }: Socket): string => `${remoteAddress} ${remotePort}`
