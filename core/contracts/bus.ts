/**
 * A bus carries messages between the processes that serve the same rooms. One plugin. It starts first and stops
 * last, so that everything else may rely on it.
 *
 * It is best effort: what is under way when a connection or a broker goes is lost, and nobody is told. The links of
 * the cluster number what they send, notice what is missing and send it again. What a bus owes them is order, bounds,
 * and the truth about its state.
 *
 * Topics are words of `A-Z a-z 0-9 _ -` with points between them, 120 characters at the most; messages have 512 KiB at
 * the most. Names that users choose never are topics.
 */

/** Called with each message of a topic, in the order in which each sender published. The bytes are shared: read only. */
export type BusReceiver = (message: Uint8Array, sender: string) => void

export interface Bus {
  /**
   * `up`: messages travel, both ways, on every topic that was subscribed to. `degraded`: they don't, or nobody knows;
   * the node serves its local rooms and readiness says so. A bus finds out by itself within 5 s, also where a broker
   * takes connections and answers nothing, and comes back by itself.
   */
  readonly state: 'up' | 'degraded'
  /** Whether this bus has nobody else on it, now or later: then there is no cluster. Absent: it may have. */
  readonly solitary?: boolean
  /**
   * Whether messages may have ceased to travel while `state` says `up`: a broker owes an answer. The silence of others
   * says nothing about them then. Absent: never.
   */
  readonly isInDoubt?: boolean
  /**
   * Starts delivering `topic` to `receive`, one receiver a topic and node. Resolves once no later message is missed;
   * while the bus is degraded, at once: it won't be up again before it delivers the topic.
   */
  subscribe(topic: string, receive: BusReceiver): Promise<void>
  /** Stops delivering `topic`. Unknown topics are ignored. */
  unsubscribe(topic: string): Promise<void>
  /**
   * Sends to every *other* node that subscribed to `topic`; never back to the sender. The bus takes ownership of the
   * bytes. Resolves once the bus has taken the message. Never throws; rejects when the bus can't take it: when its
   * broker is away, or so slow that too much waits for it.
   */
  publish(topic: string, message: Uint8Array): Promise<void>
  /**
   * Takes a message that is to be published when this node leaves the bus, however it does; the last one counts. For
   * buses that notice: absent in others.
   */
  will?(topic: string, message: Uint8Array): void
}
