import type { Admission, Connection, ConnectRequest, Hub, Peer } from '../../core/contracts/transport.js'
import { textFrame } from '../../core/egress/text-frame.js'
import type { SignalError } from '../../core/errors.js'

/** A peer that keeps what its transport tells it. */
export class FakePeer implements Peer {
  readonly received: string[] = []
  readonly failures: SignalError[] = []
  /** The close code of every `gone`; there must be one in the end. */
  readonly goneCodes: number[] = []

  constructor(
    readonly id: string,
    readonly connection: Connection,
  ) {}

  receive(message: Uint8Array): void {
    this.received.push(Buffer.from(message).toString()) // the bytes stay the transport's: copied
  }

  fail(error: SignalError): void {
    this.failures.push(error)
    this.connection.close(1002, error.code)
  }

  gone(code: number): void {
    this.goneCodes.push(code)
  }
}

/** A hub that lets everybody in, or nobody, and keeps count. */
export class FakeHub implements Hub {
  readonly requests: ConnectRequest[] = []
  readonly peers: FakePeer[] = []
  discarded = 0
  /** Set it to refuse who comes next. */
  refusal: SignalError | undefined
  #gate: Promise<void> = Promise.resolve()

  /** Lets nobody pass until the returned function is called. */
  hold(): () => void {
    let open = (): void => {}
    this.#gate = new Promise((resolve) => {
      open = resolve
    })
    return open
  }

  async admit(request: ConnectRequest): Promise<Admission> {
    this.requests.push(request)
    await this.#gate
    if (this.refusal) throw this.refusal
    return {
      attach: (connection) => {
        const peer = new FakePeer(`peer-${this.peers.length}`.padEnd(16, '-'), connection)
        this.peers.push(peer)
        connection.write(textFrame(JSON.stringify({ type: 'welcome', peer: peer.id })))
        return peer
      },
      discard: () => {
        this.discarded++
      },
    }
  }
}
