/**
 * Auth decides who a client is. One plugin, or a chain asked in the order of the config: the first that answers
 * anything but `undefined` decides.
 */

/**
 * What a principal may do. Absent, `rooms`, `join`, `signal` and `publish` are granted, so that a grants object takes
 * away; `moderate` and `hidden` must be given.
 */
export interface Grants {
  /** Rooms the principal may join: exact names, or prefixes that end in `*`. Absent: every room. */
  readonly rooms?: readonly string[]
  /** May join rooms at all. */
  readonly join?: boolean
  /** May send offer, answer, candidate and signal. */
  readonly signal?: boolean
  /** May send publish. */
  readonly publish?: boolean
  /** May remove members, lock rooms, and let in who waits; enters locked rooms and past lobbies. */
  readonly moderate?: boolean
  /** Receives without being introduced to the others; signals and publishes only where that is granted expressly. */
  readonly hidden?: boolean
}

/** Who a client is, as auth says. Frozen by the hub. */
export interface Principal {
  /** Stable name of the user or service; shown in logs and to policies, never to other peers. */
  readonly id: string
  readonly grants: Grants
  /** Whether many clients go by this name, so that what one of them does says nothing about the others. */
  readonly shared?: boolean
  /** When the connection must end, milliseconds since the Unix epoch; absent: never. */
  readonly expiresAt?: number
}

/** What a client presented. */
export interface Credentials {
  /** The bearer token, from the `signalbox.token.…` subprotocol or the Authorization header. */
  readonly token: string | undefined
  /** The client's IP address. */
  readonly address: string
}

export interface Auth {
  /**
   * Says who presents these credentials; `undefined` passes the question to the next plugin of the chain (nobody
   * left: E_AUTH). Throws `SignalError('E_AUTH')` to refuse; the client is told the same, at the same moment, whatever
   * was wrong. Asked once a connection, and again with each token that a client presents to renew its session.
   * May be asynchronous; the hub waits at most `limits.handshakeMs`. Concurrent calls happen.
   */
  authenticate(credentials: Credentials): Principal | undefined | Promise<Principal | undefined>
}
