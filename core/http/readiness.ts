import type { Bus } from '../contracts/bus.js'
import type { AdminPage } from '../tokens.js'

/**
 * Whether new clients are welcome: 200, or 503. While the bus is away other servers serve them better. A node that isn't
 * one with some others says so and takes clients all the same: those others say it too, and somebody has to.
 */
export function readinessPage(
  isDraining: boolean,
  bus: Pick<Bus, 'state'>,
  cluster: { readonly problems: readonly string[] } | undefined,
): AdminPage {
  const page = (status: number, text: string) => ({ status, contentType: 'text/plain', body: `${text}\n` })
  if (isDraining) return page(503, 'draining')
  const problems = cluster?.problems ?? []
  const isUp = bus.state === 'up'
  const reasons = isUp ? problems : [`the bus is ${bus.state}`, ...problems]
  return page(isUp ? 200 : 503, reasons.length === 0 ? 'ready' : `degraded: ${reasons.join('; ')}`)
}
