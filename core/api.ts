/** The door for plugins: `signalbox/plugin`. A plugin imports from here and from its own library, nothing else. */

export type { Logger } from 'pino'
export { type Static, Type } from 'typebox'
export type { Ban, BanKind, BanList } from './access/bans.js'
export { credentialHash } from './access/credential-hash.js'
export { GRANTS_SCHEMA, readGrants } from './access/grants-schema.js'
export { meanLoad } from './balance/load.js'
export { type Bound, DEFAULT_BOUND, Ranking } from './balance/ranking.js'
export { DEFAULT_MEMORY, type Memory, TwoChoices } from './balance/two-choices.js'
export type { BrokerConnection, BrokerListener, ConnectBroker } from './bus/broker.js'
export { BrokerBus, type BrokerBusOptions } from './bus/broker-bus.js'
export { BROKER_OPTIONS, PREFIX_OPTION } from './bus/broker-options.js'
export { missingPackage } from './bus/missing-package.js'
export { Receipts } from './bus/receipts.js'
export { checkTopic } from './bus/topic.js'
export type { Clock, Timer } from './clock.js'
export type { Auth, Credentials, Grants, Principal } from './contracts/auth.js'
export type { Balancer, Candidate, Hint } from './contracts/balancer.js'
export type { Bus, BusReceiver } from './contracts/bus.js'
export type { HubEvent, HubStats, Observer } from './contracts/observer.js'
export type {
  AttemptContext,
  ConnectContext,
  JoinContext,
  MessageContext,
  MessageKindName,
  Policy,
  RefusedContext,
} from './contracts/policy.js'
export type {
  Admission,
  Connection,
  ConnectRequest,
  FrontDoor,
  Hub,
  Peer,
  ResumeRequest,
  Transport,
  Upgrade,
} from './contracts/transport.js'
export { inject, injectable, injected, type Token } from './di.js'
export { textFrame } from './egress/text-frame.js'
export { FRAMES, type FrameReader, INCOMPLETE } from './engine/frame-reader.js'
export { closeCodeOf, ERRORS, type ErrorCode, SignalError } from './errors.js'
export { backendUrl } from './http/backend-url.js'
export { boundedText } from './http/bounded-text.js'
export { addressKey, Networks } from './http/networks.js'
export { Subjects } from './hub/subjects.js'
export { definePlugin, type Kind, type Kinds, type Lifecycle, type Plugin } from './plugin.js'
export {
  type HotKindName,
  type IceServer,
  type Json,
  LIMITS,
  RESUME_PREFIX,
  SUBPROTOCOL,
  TOKEN_PREFIX,
} from './protocol.js'
export {
  ADMIN_DOOR,
  type AdminDoor,
  type AdminPage,
  BALANCER,
  BANS,
  BUS,
  CLOCK,
  FRONT_DOOR,
  HUB,
  HUB_STATS,
  LISTEN,
  type Listen,
  LOGGER,
  OPTIONS,
} from './tokens.js'
export {
  BodyReader,
  EXCHANGE_FRAMES,
  EXCHANGE_VARIABLE,
  ExchangeReader,
  ExchangeWriter,
  questionNumber,
  shortText,
} from './workers/exchange-frames.js'
