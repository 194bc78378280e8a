import type { Connection, Peer } from '../../../core/api.js'

/** How long a client has to answer a close frame before its socket is destroyed. */
export const CLOSE_MS = 2000

/** A client past the handshake, whoever reads its frames. `close` does nothing when it is closing already. */
export interface ClientSocket extends Connection {
  /** Says whose messages these are. Until then, and for whom is turned away, messages are dropped. */
  attach(peer: Peer): void
  /** Runs once the socket is gone. */
  onceClosed(callback: () => void): void
  /** Ends the socket now, and without a word. */
  terminate(): void
}
