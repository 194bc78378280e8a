import { Socket } from 'node:net'
import type { Duplex } from 'node:stream'

/**
 * Writes frames that are the sender's again as soon as `writableLength` doesn't count them (`Connection.write`). Node's
 * own sockets have handed them to the system by then, or to TLS, which has encrypted them. Any other stream may still
 * hold on to them, and is given bytes of its own.
 */
export function writeFrames(raw: Duplex, frames: Buffer): void {
  raw.write(raw instanceof Socket ? frames : Buffer.from(frames))
}
