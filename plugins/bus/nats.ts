/** Connects servers through NATS: core publish and subscribe, no JetStream (docs/adr/0015). */

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
import { connectNats, natsClient } from './nats/connect.js'
import { checkCredentials, NATS_CREDENTIALS } from './nats/credentials.js'

const options = Type.Object({
  servers: Type.Array(Type.String({ pattern: '^(nats|tls)://[^/@\\s]+$' }), {
    minItems: 1,
    default: ['nats://127.0.0.1:4222'],
    description:
      'of one NATS cluster, `nats://host:port`, or `tls://host:port` where only encryption will do',
  }),
  name: Type.String({
    minLength: 1,
    default: 'signalbox',
    description: "what the connection is called in the broker's monitoring",
  }),
  ...NATS_CREDENTIALS,
  prefix: PREFIX_OPTION,
  ...BROKER_OPTIONS,
})

@injectable()
class NatsBus extends BrokerBus {
  constructor(
    @inject(OPTIONS) chosen: Static<typeof options>,
    @inject(CLOCK) clock: Clock,
    @inject(LOGGER) logger: Logger,
  ) {
    checkCredentials(chosen)
    super({
      ...chosen,
      broker: `NATS at ${chosen.servers.join(', ')}`,
      connect: (listener, signal) => connectNats(chosen, listener, signal),
      prepare: natsClient,
      clock,
      logger,
    })
  }
}

export default definePlugin({
  kind: 'bus',
  name: 'nats',
  description: 'Connects servers through NATS (needs the package `@nats-io/transport-node`).',
  options,
  useClass: NatsBus,
})
