/** ws' own receiver as the oracle: what a chunked stream of bytes contains. */

import * as ws from 'ws'

/** As much of it as is used here; its types don't tell of it. */
interface Receiver {
  on(event: 'message', listener: (bytes: Buffer, isBinary: boolean) => void): void
  on(event: 'ping' | 'pong', listener: (payload: Buffer) => void): void
  on(event: 'conclude', listener: (code: number, reason: Buffer) => void): void
  _write(chunk: Buffer, encoding: string, done: (error?: Error) => void): void
}

const { Receiver } = ws as unknown as { Receiver: new (options: object) => Receiver }

const SETTINGS = {
  isServer: true,
  maxPayload: 65_536,
  maxFragments: 16 * 1024,
  maxBufferedChunks: 256 * 1024,
}

/** What was received, in order, one line each; `close` and `broken` are the last. */
export class ReceiverOracle {
  readonly events: string[] = []
  #ended = false
  readonly #receiver = new Receiver(SETTINGS)

  constructor() {
    const { events } = this
    const receiver = this.#receiver
    receiver.on('message', (bytes, isBinary) => {
      events.push(isBinary ? 'binary' : `text ${bytes.toString('latin1')}`)
    })
    receiver.on('ping', (payload) => events.push(`ping ${payload.toString('latin1')}`))
    receiver.on('pong', (payload) => events.push(`pong ${payload.toString('latin1')}`))
    receiver.on('conclude', (code, reason) => {
      events.push(`close ${code} ${reason.toString()}`)
      this.#ended = true
    })
  }

  feed(chunk: Buffer): void {
    if (this.#ended) return
    // A copy, since ws unmasks in place; without the stream around it, which would tell of errors a tick later.
    this.#receiver._write(Buffer.from(chunk), 'buffer', (error) => {
      if (error === undefined) return
      this.events.push(`broken ${statusOf(error)}`)
      this.#ended = true
    })
  }
}

/** ws keeps the close code of an error under a symbol. */
function statusOf(error: Error): number {
  const [key] = Object.getOwnPropertySymbols(error).filter(({ description }) => description === 'status-code')
  return (error as unknown as Record<symbol, number>)[key!]!
}
