/** How long the last words have to arrive before the socket is destroyed. */
const FAREWELL_MS = 1000
const LF = 0x0a
const SPACE = 0x20

/** A client's socket, as the hub sees it: frames come in, lines go out. */
export class LineConnection {
  #socket
  #clock

  constructor(socket, address, clock) {
    this.#socket = socket
    this.#clock = clock
    this.address = address
  }

  get queuedBytes() {
    return this.#socket.writableLength
  }

  write(frames) {
    if (!this.#socket.writable) return
    this.#socket.cork()
    for (const frame of frames) this.#socket.write(lineOf(frame))
    this.#socket.uncork()
  }

  pause() {
    this.#socket.pause()
  }

  resume() {
    this.#socket.resume()
  }

  close(code, reason) {
    if (this.#socket.writable) this.#socket.end(`${JSON.stringify({ type: 'close', code, reason })}\n`)
    this.#clock.after(FAREWELL_MS, () => this.#socket.destroy())
  }
}

/** A copy without the WebSocket header (RFC 6455 section 5.2). In JSON a raw line feed is only ever white space. */
function lineOf(frame) {
  const headerBytes = { 126: 4, 127: 10 }[frame[1]] ?? 2
  const line = Buffer.alloc(frame.length - headerBytes + 1, LF)
  for (let i = headerBytes; i < frame.length; i++) line[i - headerBytes] = frame[i] === LF ? SPACE : frame[i]
  return line
}
