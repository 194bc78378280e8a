/** Connects servers through the publish and subscribe of Redis, or of what speaks its protocol (Valkey, KeyDB). */

import {
  BROKER_OPTIONS,
  BrokerBus,
  CLOCK,
  type Clock,
  definePlugin,
  inject,
  injectable,
  LOGGER,
  type Logger,
  OPTIONS,
  PREFIX_OPTION,
  type Static,
  Type,
} from '../../core/api.js'
import { parseAddress } from './redis/address.js'
import { connectRedis, redisClient } from './redis/connect.js'

const pem = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

const options = Type.Object({
  url: Type.String({
    default: 'redis://127.0.0.1:6379',
    description: '`redis://host:port`, or `rediss://` for encryption; may hold a user and a password',
  }),
  name: Type.String({
    pattern: '^[A-Za-z0-9_.-]+$',
    default: 'signalbox',
    description: 'what the connections are called in CLIENT LIST',
  }),
  tls: Type.Optional(
    Type.Object(
      {
        ca: pem('certificates that sign that of the broker, PEM; absent: those that Node trusts'),
        cert: pem('the certificate that is shown to the broker, PEM'),
        key: pem('its key, PEM'),
      },
      { description: 'for `rediss://`' },
    ),
  ),
  prefix: PREFIX_OPTION,
  ...BROKER_OPTIONS,
})

@injectable()
class RedisBus extends BrokerBus {
  constructor(
    @inject(OPTIONS) chosen: Static<typeof options>,
    @inject(CLOCK) clock: Clock,
    @inject(LOGGER) logger: Logger,
  ) {
    const address = parseAddress(chosen)
    super({
      ...chosen,
      broker: `Redis at ${address.host}:${address.port}`,
      connect: (listener, signal) => connectRedis({ ...chosen, address }, listener, signal),
      prepare: redisClient,
      clock,
      logger,
    })
  }
}

export default definePlugin({
  kind: 'bus',
  name: 'redis',
  description: 'Connects servers through Redis publish and subscribe (needs the package `ioredis`).',
  options,
  useClass: RedisBus,
})
