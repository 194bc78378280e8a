/**
 * A bus carries messages between the processes that serve the same rooms. One plugin. It starts first and stops
 * last, so that everything else may rely on it.
 */

/** Called with each message of a topic, in the order in which each sender published. The bytes are shared: read only. */
export type BusReceiver = (message: Uint8Array, sender: string) => void

export interface Bus {
  /** `up`: messages travel. `degraded`: they wait or are refused; the node serves its local rooms and readiness says so. */
  readonly state: 'up' | 'degraded'
  /** Starts delivering `topic` to `receive`, one receiver a topic and node; resolves once no later message is missed. */
  subscribe(topic: string, receive: BusReceiver): Promise<void>
  /** Stops delivering `topic`. Unknown topics are ignored. */
  unsubscribe(topic: string): Promise<void>
  /**
   * Sends to every *other* node that subscribed to `topic`; never back to the sender. The bus takes ownership of the
   * bytes. Resolves once the bus has taken the message, rejects when it can't: nothing is dropped silently.
   */
  publish(topic: string, message: Uint8Array): Promise<void>
}
