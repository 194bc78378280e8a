/** What a bus needs of a broker: one connection at a time, made anew whenever it is lost. See `BrokerBus`. */

/**
 * Makes a connection. Rejects with what a person can mend. When `signal` is aborted nobody waits any more: then it lets
 * go of what it has, at once, or a broker that never answers would cost a socket for each attempt.
 */
export type ConnectBroker = (listener: BrokerListener, signal: AbortSignal) => Promise<BrokerConnection>

/** What a connection tells its bus. */
export interface BrokerListener {
  /** Whom the others are to see as the sender: 16 base64url characters, the same over all connections of a bus. */
  readonly self: string
  message(topic: string, message: Uint8Array, sender: string): void
  /** The connection has ended; more than one call does no harm. */
  lost(why: string): void
}

/** Once it is closed or lost, what is under way rejects: nothing may wait for ever. */
export interface BrokerConnection {
  /** Resolves once the broker has them all, and no later message is missed. */
  subscribe(topics: readonly string[]): Promise<unknown>
  unsubscribe(topic: string): Promise<unknown>
  /** Resolves once the broker has the message. */
  publish(topic: string, message: Uint8Array): Promise<unknown>
  /** Resolves once the broker has answered, and so has shown that messages go there and back. */
  ping(): Promise<unknown>
  /** Lets go of sockets and timers. May be called twice. */
  close(): Promise<unknown>
}
