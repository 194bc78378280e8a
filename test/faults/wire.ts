/**
 * A WebSocket client made of a TCP socket, for signaling only: no extensions, no fragments from the server, text alone.
 * Its own, so that neither ws nor the browser client is judged by itself.
 */

import { connect, type Socket } from 'node:net'

export interface WireEvents {
  /** A text frame of the server. */
  text(text: string): void
  /** The connection is over: the code of the server's close frame, or 1006 when there was none. Called once. */
  closed(code: number): void
}

/** Where a server listens; a `ServerProcess` and a proxy are such places. */
export interface Place {
  /** An address; 127.0.0.1 where it doesn't say. */
  readonly host?: string
  readonly port: number
  /** Which process of a cluster answered there, by the ticket that it gave; where there is only one it has no name. */
  nodeOf?(ticket: string | null): string
}

/** RFC 6455 section 7.4.1: no close frame was received. */
const ABNORMAL = 1006
const HEAD_END = Buffer.from('\r\n\r\n')
const TEXT = 0x81
const CLOSE = 0x88
const PING = 0x89
const PONG = 0x8a

export class Wire {
  readonly #socket: Socket
  readonly #events: WireEvents
  /** Bytes of a frame, or of the handshake's answer, that isn't whole yet. */
  #rest: Buffer | undefined
  #isOpen = false
  #closeCode = ABNORMAL
  /** The status of an answer that refuses the handshake. */
  refusedWith = 0

  constructor(
    { host = '127.0.0.1', port }: Place,
    path: string,
    protocols: readonly string[],
    events: WireEvents,
  ) {
    this.#events = events
    const socket = connect({ port, host, noDelay: true })
    this.#socket = socket
    socket.on('error', () => {}) // a reset is an end like another
    socket.on('data', (bytes) => this.#read(bytes))
    socket.on('end', () => socket.end())
    socket.on('close', () => events.closed(this.#closeCode))
    socket.write(
      [
        `GET ${path} HTTP/1.1`,
        `Host: ${host}`,
        'Upgrade: websocket',
        'Connection: Upgrade',
        'Sec-WebSocket-Version: 13',
        'Sec-WebSocket-Key: AAAAAAAAAAAAAAAAAAAAAA==',
        `Sec-WebSocket-Protocol: ${protocols.join(', ')}`,
        '',
        '',
      ].join('\r\n'),
    )
  }

  /** What the proxy knows this connection by. */
  get localPort(): number {
    return this.#socket.localPort ?? 0
  }

  send(text: string): void {
    this.#frame(TEXT, Buffer.from(text))
  }

  /** Begins the closing handshake. */
  close(code: number): void {
    this.#frame(CLOSE, Buffer.of(code >> 8, code & 0xff))
  }

  /** Ends without a word. */
  destroy(): void {
    this.#socket.destroy()
  }

  /** Reads nothing any more; the connection stays. */
  stopReading(): void {
    this.#socket.pause()
  }

  #frame(first: number, payload: Buffer): void {
    if (!this.#isOpen || this.#socket.destroyed) return
    const { length } = payload
    const start = length < 126 ? 6 : length < 65_536 ? 8 : 14
    const frame = Buffer.allocUnsafe(start + length)
    frame[0] = first
    frame[1] = 0x80 | (start === 6 ? length : start === 8 ? 126 : 127)
    if (start === 8) frame.writeUInt16BE(length, 2)
    if (start === 14) frame.writeBigUInt64BE(BigInt(length), 2)
    const mask = (Math.random() * 0x1_0000_0000) >>> 0
    frame.writeUInt32BE(mask, start - 4)
    for (let i = 0; i < length; i++) frame[start + i] = payload[i]! ^ (mask >>> (24 - 8 * (i & 3)))
    this.#socket.write(frame)
  }

  #read(bytes: Buffer): void {
    let rest = this.#rest === undefined ? bytes : Buffer.concat([this.#rest, bytes])
    if (!this.#isOpen) {
      const end = rest.indexOf(HEAD_END)
      if (end >= 0) {
        const status = Number(rest.toString('latin1', 9, 12))
        rest = rest.subarray(end + HEAD_END.length)
        this.#isOpen = status === 101
        if (!this.#isOpen) {
          this.refusedWith = status
          this.#socket.destroy()
        }
      }
    }
    if (this.#isOpen) rest = this.#frames(rest)
    this.#rest = rest.length === 0 ? undefined : rest
  }

  /** Handles whole frames; returns what is left. */
  #frames(bytes: Buffer): Buffer {
    let at = 0
    while (at + 2 <= bytes.length && !this.#socket.destroyed) {
      const short = bytes[at + 1]!
      const start = at + (short < 126 ? 2 : short === 126 ? 4 : 10)
      if (start > bytes.length) break
      const length =
        short < 126
          ? short
          : short === 126
            ? bytes.readUInt16BE(at + 2)
            : Number(bytes.readBigUInt64BE(at + 2))
      if (start + length > bytes.length) break
      this.#handle(bytes[at]!, bytes.subarray(start, start + length))
      at = start + length
    }
    return at === 0 ? bytes : bytes.subarray(at)
  }

  #handle(first: number, payload: Buffer): void {
    if (first === TEXT) {
      this.#events.text(payload.toString())
    } else if (first === CLOSE) {
      this.#closeCode = payload.length >= 2 ? payload.readUInt16BE(0) : 1005
      this.#frame(CLOSE, payload)
      this.#socket.end()
    } else if (first === PING) {
      this.#frame(PONG, payload)
    } else if (first !== PONG) {
      throw new Error(`the server sent a frame that begins with 0x${first.toString(16)}`)
    }
  }
}
