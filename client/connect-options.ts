/** What an app may say when it connects. */

import type { Json } from '../core/protocol.js'
import type { BackoffOptions } from './backoff.js'
import type { Clock } from './clock.js'
import type { Seal } from './seal/seal.js'
import type { WebSocketConstructor } from './socket.js'

export type PeerConnectionConstructor = new (configuration?: RTCConfiguration) => RTCPeerConnection

export interface ConnectOptions {
  /** Asked for again at each reconnect and before it expires when it is a function: so it may be short-lived. */
  readonly token?: string | (() => string | Promise<string>)
  /** Joined in the handshake: one round trip less. Get it with `session.join(room)`. */
  readonly room?: string
  /** Our metadata in that room, public. */
  readonly data?: Json
  /** Encrypts what the rooms say, end to end: `await createSeal(secret)` of `signalbox/client/seal`. */
  readonly seal?: Seal
  /** For each RTCPeerConnection; without `iceServers` it uses the server's. */
  readonly rtc?: RTCConfiguration
  /** Tells the server every 10 s, or as often as this says, how calls fare: for its observers. Off otherwise. */
  readonly stats?: boolean | { readonly everyMs: number }
  /** How to come back after a lost connection; false: don't. */
  readonly reconnect?: BackoffOptions | false
  /** Where the platform has none of its own, as Node 20. */
  readonly WebSocket?: WebSocketConstructor
  /** Where the platform has none of its own, as Node. Without one, signaling alone works. */
  readonly RTCPeerConnection?: PeerConnectionConstructor
  /** For tests. */
  readonly clock?: Clock
}
