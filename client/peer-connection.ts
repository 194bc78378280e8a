import type { IceServer } from '../core/protocol.js'
import type { ConnectOptions } from './connect-options.js'
import { SignalboxError } from './errors.js'

/** A connection with the options of the app, and the server's ICE servers where the app names none. Throws E_NO_WEBRTC. */
export function createPeerConnection(
  options: Pick<ConnectOptions, 'rtc' | 'RTCPeerConnection'>,
  offered: readonly IceServer[] = [],
): RTCPeerConnection {
  const PeerConnection = options.RTCPeerConnection ?? globalThis.RTCPeerConnection
  if (!PeerConnection) {
    throw new SignalboxError('E_NO_WEBRTC', 'there is no RTCPeerConnection here: pass one with the options')
  }
  const iceServers = offered.map((server) => ({ ...server, urls: [...server.urls] }))
  return new PeerConnection({ iceServers, ...options.rtc })
}
