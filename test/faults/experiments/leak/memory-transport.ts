/** A transport without sockets: whoever runs the server takes the hub from here. A plugin like any other. */

import {
  definePlugin,
  HUB,
  type Hub,
  inject,
  injectable,
  type Transport,
  Type,
} from '../../../../core/api.js'

const doors: { hub?: Hub } = {}

/** The hub of the server that was made last. */
export const hub = (): Hub => doors.hub!

@injectable()
class MemoryTransport implements Transport {
  constructor(@inject(HUB) offered: Hub) {
    doors.hub = offered
  }
}

export default definePlugin({
  kind: 'transport',
  name: 'memory',
  description: 'Hands the hub to the test that runs it.',
  options: Type.Object({}),
  useClass: MemoryTransport,
})
