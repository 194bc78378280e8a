import type { Connection } from '../../core/contracts/transport.js'
import type { ServerMessage } from '../../core/protocol.js'
import { textsOf } from './frames.js'

/** A client's socket that keeps what it is given. */
export class FakeConnection implements Connection {
  /** What each `write` brought. */
  readonly writes: Buffer[] = []
  /** The close frame, once there is one. */
  closed: { readonly code: number; readonly reason: string } | undefined
  /** Set it to play a client that reads slowly. */
  queuedBytes = 0

  constructor(readonly address: string = '127.0.0.1') {}

  write(frames: Buffer): void {
    this.writes.push(Buffer.from(frames))
  }

  close(code: number, reason: string): void {
    this.closed ??= { code, reason }
  }

  /** Every message so far, in order. */
  get messages(): ServerMessage[] {
    return textsOf(Buffer.concat(this.writes)).map((text) => JSON.parse(text))
  }
}
