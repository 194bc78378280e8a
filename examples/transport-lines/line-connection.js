/** How long the last words have to arrive before the socket is destroyed. */
const FAREWELL_MS = 1000
const LF = 0x0a
const SPACE = 0x20
/** The length of the frame at a place, by the bytes that its header has. */
const LENGTHS = {
  2: (frames, at) => frames[at + 1],
  4: (frames, at) => frames.readUInt16BE(at + 2),
  10: (frames, at) => frames.readUInt32BE(at + 6), // the upper half is 0: messages are short
}

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
    if (this.#socket.writable) this.#socket.write(Buffer.concat([...linesOf(frames)]))
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

/** Copies without the WebSocket headers (RFC 6455 section 5.2). In JSON a raw line feed is only ever white space. */
function* linesOf(frames) {
  for (let at = 0; at < frames.length; ) {
    const headerBytes = { 126: 4, 127: 10 }[frames[at + 1]] ?? 2
    const lengthBytes = LENGTHS[headerBytes](frames, at)
    at += headerBytes
    const line = Buffer.alloc(lengthBytes + 1, LF)
    for (let i = 0; i < lengthBytes; i++) line[i] = frames[at + i] === LF ? SPACE : frames[at + i]
    yield line
    at += lengthBytes
  }
}
