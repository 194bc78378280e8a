import type { Dice } from '../../dice.js'
import type { LabClient } from '../lab-client.js'
import type { FaultProxy, Link } from '../proxy.js'
import { sleep } from '../waiting.js'

/** Everything that may happen to a client's connection. Each ends with the connection whole again, or a new one. */
export const MISCHIEF = [
  'cut',
  'cut',
  'break off',
  'move on',
  'move on and cut',
  'half-close up',
  'half-close down',
  'swallow up',
  'swallow down',
  'swallow both',
  'delay',
  'slice',
  'throttle',
  'cut at the handshake',
] as const
export type Mischief = (typeof MISCHIEF)[number]

/** Does it to a client that is connected; resolves when it is over, though the client may not be back by then. */
export async function doMischief(
  kind: Mischief,
  client: LabClient,
  proxy: FaultProxy,
  dice: Dice,
): Promise<void> {
  const link = proxy.link(client.localPort)
  if (link === undefined) return
  const forAWhile = () => sleep(20 + dice.roll(300))
  switch (kind) {
    case 'cut':
      return link.cut()
    case 'break off':
      return client.breakOff()
    case 'move on':
      return client.moveOn()
    case 'move on and cut':
      client.moveOn()
      await sleep(dice.roll(5))
      return link.cut()
    case 'half-close up':
      return link.halfClose('up')
    case 'half-close down':
      return link.halfClose('down')
    case 'swallow up':
      return blackHole(link, ['up'], forAWhile)
    case 'swallow down':
      return blackHole(link, ['down'], forAWhile)
    case 'swallow both':
      return blackHole(link, ['up', 'down'], forAWhile)
    case 'delay':
      return reshape(link, { delayMs: 10 + dice.roll(100) }, forAWhile)
    case 'slice':
      return reshape(link, { sliceBytes: 1 + dice.roll(20) }, forAWhile)
    case 'throttle':
      return reshape(link, { bytesPerSecond: 2000 + dice.roll(20_000) }, forAWhile)
    case 'cut at the handshake':
      link.cut()
      return cutTheNext(client, proxy, link, dice.roll(4))
  }
}

async function blackHole(
  link: Link,
  directions: readonly ('up' | 'down')[],
  forAWhile: () => Promise<void>,
): Promise<void> {
  for (const direction of directions) link.shape(direction, { swallow: true })
  await forAWhile()
  link.cut()
}

async function reshape(link: Link, shape: object, forAWhile: () => Promise<void>): Promise<void> {
  for (const direction of ['up', 'down'] as const) link.shape(direction, shape)
  await forAWhile()
  for (const direction of ['up', 'down'] as const) link.shape(direction, {})
}

/** Cuts the connection that comes after this one, so early that an answer may be lost with it. */
async function cutTheNext(
  client: LabClient,
  proxy: FaultProxy,
  before: Link,
  afterMs: number,
): Promise<void> {
  for (let turn = 0; turn < 200; turn++) {
    const link = proxy.link(client.localPort)
    if (link !== undefined && link !== before) {
      if (afterMs > 0) await sleep(afterMs)
      link.cut()
      return
    }
    await sleep(1)
  }
}
