/** The public door: `signalbox/client`. */

export type { Door, IceServer, Json, PeerInfo } from '../core/protocol.js'
export type { BackoffOptions } from './backoff.js'
export type { CallQuality } from './call-quality.js'
export type { Clock } from './clock.js'
export { connect } from './connect.js'
export type { ConnectOptions, PeerConnectionConstructor } from './connect-options.js'
export { type ClientErrorCode, SignalboxError } from './errors.js'
export { Moderation } from './moderation.js'
export { Peer } from './peer.js'
export { Room, type RoomEvents, type RoomState } from './room.js'
export { Session, type SessionEvents } from './session.js'
export type { SocketState, WebSocketConstructor, WebSocketLike } from './socket.js'
