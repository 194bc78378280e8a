import { SUBPROTOCOL } from '../../core/protocol.js'
import ws from '../../plugins/transport/ws.js'
import {
  construct,
  handshakeHeaders,
  maskedFrame,
  type TransportHarness,
  textsAfterHandshake,
  transportContract,
} from '../contract/index.js'
import { suite } from '../suite.js'

/** The contract against the transport that everyone uses. */
const harness: TransportHarness = {
  make: (frontDoor, hub) => construct(ws, {}, { frontDoor, hub }),
  handshake: { path: '/signal', headers: handshakeHeaders(SUBPROTOCOL) },
  encode: maskedFrame,
  decode: textsAfterHandshake,
}

suite('testing/transport', (test) => {
  for (const { name, run } of transportContract(harness)) test(name, run)
})
