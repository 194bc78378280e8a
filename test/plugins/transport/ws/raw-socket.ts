import { connect, type Socket } from 'node:net'
import { SUBPROTOCOL } from '../../../../core/protocol.js'
import type { Defer } from '../../../suite.js'
import { framed } from './client-frames.js'

export const HANDSHAKE = (query = ''): string =>
  [
    `GET /signal${query && `?${query}`} HTTP/1.1`,
    'host: 127.0.0.1',
    'upgrade: websocket',
    'connection: Upgrade',
    'sec-websocket-version: 13',
    'sec-websocket-key: AAAAAAAAAAAAAAAAAAAAAA==',
    `sec-websocket-protocol: ${SUBPROTOCOL}`,
    '',
    '',
  ].join('\r\n')

/** What the pings of `handled` carry. */
const MARK = 'mark'

/** A client of bytes: sends what it is told, and reads the server's frames without judging them. */
export class RawSocket {
  readonly socket: Socket
  /** The server has ended its side, or the connection broke. */
  readonly ended: Promise<void>
  #bytes = Buffer.alloc(0)
  #frames: string[] = []
  #hasEnded = false
  #changed: () => void = () => {}

  constructor(socket: Socket) {
    this.socket = socket
    socket.setNoDelay()
    socket.on('data', (chunk) => {
      this.#bytes = Buffer.concat([this.#bytes, chunk])
      this.#read()
      this.#changed()
    })
    socket.on('error', () => {})
    this.ended = new Promise((resolve) => {
      for (const event of ['end', 'close']) socket.once(event, () => resolve())
    })
    void this.ended.then(() => {
      this.#hasEnded = true
      this.#changed()
    })
  }

  /** Past the handshake, and welcome. */
  static async open(defer: Defer, url: string, query = ''): Promise<RawSocket> {
    const client = new RawSocket(connect(Number(new URL(url).port), '127.0.0.1'))
    defer(() => client.destroy())
    client.socket.write(HANDSHAKE(query))
    await client.#until(() => client.#frames.some((frame) => frame.includes('"welcome"')))
    return client
  }

  async send(bytes: Buffer, chop = bytes.length): Promise<void> {
    for (let at = 0; at < bytes.length; at += chop) {
      this.socket.write(bytes.subarray(at, at + chop))
      if (chop < bytes.length) await new Promise((resolve) => setImmediate(resolve))
    }
  }

  /** Waits for the close frame where one is expected, else until the server has handled all that was sent. */
  async handled(answers: readonly string[]): Promise<void> {
    if (answers.at(-1)?.startsWith('close')) {
      await this.closed()
      return
    }
    // An answer to a ping may overtake frames of the same tick: the second one can't.
    for (let count = 1; count <= 2; count++) {
      await this.send(framed(9, MARK))
      await this.pongs(MARK, count)
    }
  }

  /** Every pong, error and close, in order; of errors the code, answers to `handled` left out. */
  answers(): string[] {
    return this.#frames.flatMap((frame) => {
      if (frame.startsWith('text ')) {
        const { type, code } = JSON.parse(Buffer.from(frame.slice(5), 'latin1').toString())
        return type === 'error' ? [`error ${code}`] : []
      }
      return frame === `pong ${MARK}` ? [] : [frame]
    })
  }

  /** Waits for so many pongs with this payload. */
  async pongs(payload: string, count: number): Promise<void> {
    await this.#until(() => this.#frames.filter((frame) => frame === `pong ${payload}`).length >= count)
  }

  destroy(): void {
    this.socket.destroy()
  }

  /** Waits for the server's close frame, which may await an answer. */
  async closed(): Promise<void> {
    await this.#until(() => this.#frames.some((frame) => frame.startsWith('close ')))
  }

  async #until(isSo: () => boolean): Promise<void> {
    while (!isSo()) {
      if (this.#hasEnded)
        throw new Error(`the connection ended; frames: ${this.#frames.join(' | ').slice(-300)}`)
      await new Promise<void>((resolve) => {
        this.#changed = resolve
      })
    }
  }

  #read(): void {
    if (this.#bytes.toString('latin1', 0, 4) === 'HTTP') {
      const end = this.#bytes.indexOf('\r\n\r\n')
      if (end < 0) return
      this.#bytes = this.#bytes.subarray(end + 4)
    }
    for (;;) {
      const bytes = this.#bytes
      if (bytes.length < 2) return
      const short = bytes[1]!
      const header = short < 126 ? 2 : short === 126 ? 4 : 10
      if (bytes.length < header) return
      const length =
        short < 126 ? short : short === 126 ? bytes.readUInt16BE(2) : Number(bytes.readBigUInt64BE(2))
      if (bytes.length < header + length) return
      this.#frames.push(nameOf(bytes[0]!, bytes.subarray(header, header + length)))
      this.#bytes = bytes.subarray(header + length)
    }
  }
}

function nameOf(first: number, payload: Buffer): string {
  if (first === 0x81) return `text ${payload.toString('latin1')}`
  if (first === 0x8a) return `pong ${payload.toString('latin1')}`
  if (first === 0x88) return `close ${payload.length === 0 ? 1005 : payload.readUInt16BE(0)}`
  return `unexpected ${first.toString(16)}`
}
