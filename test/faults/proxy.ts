import { type AddressInfo, connect, createServer, type Server, type Socket } from 'node:net'

/** `up`: from the client to the server. */
export type Direction = 'up' | 'down'

/** What a direction of a link does to the bytes that pass. */
export interface Shape {
  /** Bytes wait so long; their order is kept. */
  readonly delayMs?: number
  /** Bytes pass in segments of so many, one a turn of the event loop. */
  readonly sliceBytes?: number
  readonly bytesPerSecond?: number
  /** Bytes vanish, and so do ends of streams. What has vanished can't be brought back: `cut` is the only way out. */
  readonly swallow?: boolean
}

/** A TCP proxy on a free port of 127.0.0.1 that breaks connections on request. */
export class FaultProxy {
  readonly #server: Server
  readonly #links = new Map<number, Link>()
  #targetPort: number
  #isDown = false
  #shape: Shape = {}

  private constructor(targetPort: number) {
    this.#targetPort = targetPort
    this.#server = createServer({ allowHalfOpen: true, noDelay: true }, (client) => this.#accept(client))
  }

  static async listen(targetPort: number): Promise<FaultProxy> {
    const proxy = new FaultProxy(targetPort)
    await new Promise<void>((resolve) =>
      proxy.#server.listen({ host: '127.0.0.1', port: 0, backlog: 4096 }, resolve),
    )
    return proxy
  }

  get port(): number {
    return (this.#server.address() as AddressInfo).port
  }

  /** New connections go there from now on: a server has come back on another port. */
  retarget(port: number): void {
    this.#targetPort = port
  }

  /** The link of the client whose socket has this local port; undefined when it is gone. */
  link(clientPort: number): Link | undefined {
    return this.#links.get(clientPort)
  }

  get links(): Iterable<Link> {
    return this.#links.values()
  }

  /** What all links do in both directions from now on, those that are still to come too. */
  shapeAll(shape: Shape): void {
    this.#shape = shape
    for (const link of this.#links.values()) link.shapeBoth(shape)
  }

  /** Resets all links, and those to come; `false` lets them pass again. */
  set isDown(isDown: boolean) {
    this.#isDown = isDown
    if (isDown) this.cutAll()
  }

  cutAll(): void {
    for (const link of [...this.#links.values()]) link.cut()
  }

  async close(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()))
    for (const link of this.#links.values()) link.cut()
    await closed
  }

  #accept(client: Socket): void {
    const port = client.remotePort
    if (port === undefined) return void client.destroy()
    if (this.#isDown) return void client.resetAndDestroy()
    const server = connect({ port: this.#targetPort, host: '127.0.0.1', allowHalfOpen: true, noDelay: true })
    const link = new Link(client, server, () => this.#links.delete(port))
    link.shapeBoth(this.#shape)
    this.#links.set(port, link)
  }
}

/** One connection through the proxy. */
export class Link {
  readonly #client: Socket
  readonly #server: Socket
  readonly #pipes: Readonly<Record<Direction, Pipe>>

  constructor(client: Socket, server: Socket, gone: () => void) {
    this.#client = client
    this.#server = server
    this.#pipes = { up: new Pipe(client, server), down: new Pipe(server, client) }
    let open = 2
    for (const socket of [client, server]) {
      socket.on('error', () => this.cut()) // one side's reset is the other's
      socket.on('close', () => {
        if (--open === 0) gone()
      })
    }
  }

  /** Replaces what a direction does; an empty shape heals it, except from having swallowed bytes. */
  shape(direction: Direction, shape: Shape): void {
    this.#pipes[direction].shape = shape
  }

  shapeBoth(shape: Shape): void {
    this.shape('up', shape)
    this.shape('down', shape)
  }

  /** Resets both sides; what is under way is lost. */
  cut(): void {
    for (const pipe of Object.values(this.#pipes)) pipe.drop()
    for (const socket of [this.#client, this.#server]) {
      // A socket that was ended before can't be reset: Node would keep its handle for ever.
      if (socket.writableEnded) socket.destroy()
      else socket.resetAndDestroy()
    }
  }

  /** Ends one direction as if its sender had: whoever receives it reads the end of the stream. */
  halfClose(direction: Direction): void {
    this.#pipes[direction].end()
  }
}

/** Bytes that may wait in a pipe before it stops reading. */
const HIGH_WATER_BYTES = 256 * 1024
/** How often a throttled pipe passes its share. */
const THROTTLE_MS = 10

interface Piece {
  bytes: Buffer
  readonly dueAt: number
}

/** One direction of a link. */
class Pipe {
  shape: Shape = {}
  readonly #from: Socket
  readonly #to: Socket
  #pieces: Piece[] = []
  #waitingBytes = 0
  #scheduled = false
  #ends = false
  #over = false
  #timer: NodeJS.Timeout | undefined

  constructor(from: Socket, to: Socket) {
    this.#from = from
    this.#to = to
    from.on('data', (bytes) => this.#take(bytes))
    from.on('end', () => {
      if (!this.shape.swallow) this.end()
    })
    from.on('close', () => {
      // Without an end there was an error, which cuts the link.
      if (!from.readableEnded) this.drop()
    })
    to.on('drain', () => this.#schedule(0))
  }

  /** Ends the stream behind what is under way; what comes later is dropped. */
  end(): void {
    this.#ends = true
    this.#schedule(0)
  }

  /** Lets go of everything. */
  drop(): void {
    this.#over = true
    this.#pieces = []
    clearTimeout(this.#timer)
  }

  #take(bytes: Buffer): void {
    if (this.#over || this.#ends || this.shape.swallow) return
    this.#pieces.push({ bytes, dueAt: performance.now() + (this.shape.delayMs ?? 0) })
    this.#waitingBytes += bytes.length
    if (this.#waitingBytes > HIGH_WATER_BYTES) this.#from.pause()
    this.#pump()
  }

  #schedule(ms: number): void {
    if (this.#scheduled || this.#over) return
    this.#scheduled = true
    const run = () => {
      this.#scheduled = false
      this.#pump()
    }
    if (ms === 0) setImmediate(run)
    else this.#timer = setTimeout(run, ms)
  }

  #pump(): void {
    while (!this.#over && !this.#scheduled && !this.#to.writableNeedDrain) {
      const piece = this.#pieces[0]
      if (piece === undefined) break
      const waitMs = piece.dueAt - performance.now()
      const { bytesPerSecond, sliceBytes, swallow } = this.shape
      if (swallow) {
        this.drop()
      } else if (waitMs > 0) {
        this.#schedule(Math.ceil(waitMs))
      } else {
        const share =
          bytesPerSecond === undefined ? Infinity : Math.ceil((bytesPerSecond * THROTTLE_MS) / 1000)
        this.#pass(piece, Math.min(share, sliceBytes ?? Infinity))
        if (bytesPerSecond !== undefined) this.#schedule(THROTTLE_MS)
        else if (sliceBytes !== undefined) this.#schedule(0)
      }
    }
    if (this.#ends && this.#pieces.length === 0 && !this.#over) {
      this.#over = true
      this.#to.end()
    }
  }

  #pass(piece: Piece, length: number): void {
    const { bytes } = piece
    this.#to.write(bytes.subarray(0, length))
    this.#waitingBytes -= Math.min(length, bytes.length)
    if (length >= bytes.length) this.#pieces.shift()
    else piece.bytes = bytes.subarray(length)
    if (this.#waitingBytes <= HIGH_WATER_BYTES && this.#from.isPaused()) this.#from.resume()
  }
}
