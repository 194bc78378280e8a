import type { Principal } from '../core/contracts/auth.js'
import { Egress } from '../core/egress/egress.js'
import { Stats } from '../core/hub/stats.js'
import { Session } from '../core/sessions/session.js'
import { FakeConnection } from './contract/fake-connection.js'
import { egressLimits } from './egress-limits.js'

export const makeEgress = () => new Egress(new Stats(), egressLimits())

/** A session on a fake connection, outside any hub. */
export function makeSession(
  slot = 0,
  principal: Principal = { id: 'ada', grants: {} },
  egress = makeEgress(),
) {
  const connection = new FakeConnection()
  const id = `peer${String(slot).padStart(12, '0')}`
  const session = new Session(slot, id, principal, connection, () =>
    egress.open(connection, { tooSlow() {}, lost() {} }),
  )
  return { session, connection }
}
