import { IncomingMessage, type ServerResponse } from 'node:http'
import type { Socket } from 'node:net'
import { Duplex } from 'node:stream'
import type { FrontDoor, Upgrade } from '../../core/contracts/transport.js'
import type { SignalError } from '../../core/errors.js'
import type { AdminDoor, AdminPage } from '../../core/tokens.js'

/** Keeps the pages that observers mount. */
export class FakeAdminDoor implements AdminDoor {
  readonly #pages = new Map<string, () => AdminPage | Promise<AdminPage>>()

  mount(path: string, handle: () => AdminPage | Promise<AdminPage>): void {
    if (this.#pages.has(path)) throw new Error(`${path} is taken`)
    this.#pages.set(path, handle)
  }

  /** What a GET of `path` would show. */
  async get(path: string): Promise<AdminPage> {
    const page = this.#pages.get(path)
    if (!page) throw new Error(`nothing is mounted at ${path}`)
    return page()
  }
}

/** The client's end of an upgraded connection, and what the front door was told about it. */
export interface FakeClient {
  readonly socket: Duplex
  /** Everything that came from the server. */
  readonly received: () => Buffer
  readonly upgrade: { done: boolean; refusal: SignalError | undefined }
  /** Whether the server has ended its side. */
  readonly ended: () => boolean
}

/** Keeps what transports mount, and plays clients. */
export class FakeFrontDoor implements FrontDoor {
  readonly paths = new Map<string, (request: IncomingMessage, response: ServerResponse) => void>()
  readonly upgrades = new Map<string, (upgrade: Upgrade) => void>()

  mountPath(path: string, handle: (request: IncomingMessage, response: ServerResponse) => void): void {
    if (this.paths.has(path)) throw new Error(`${path} is taken`)
    this.paths.set(path, handle)
  }

  mountUpgrade(path: string, handle: (upgrade: Upgrade) => void): void {
    if (this.upgrades.has(path)) throw new Error(`${path} is taken`)
    this.upgrades.set(path, handle)
  }

  /** A client asks for an upgrade at `path` (which may have a query), sending `headers` (names in lower case). */
  connect(path: string, headers: Readonly<Record<string, string>>): FakeClient {
    const url = new URL(path, 'http://127.0.0.1')
    const handle = this.upgrades.get(url.pathname)
    if (!handle) throw new Error(`nothing takes upgrades at ${url.pathname}`)
    const [near, far] = socketPair()
    const received: Buffer[] = []
    near.on('error', () => near.destroy()) // as the front door does
    let ended = false
    far.on('data', (chunk: Buffer) => received.push(chunk))
    for (const event of ['end', 'close', 'error']) {
      far.on(event, () => {
        ended = true
      })
    }
    const request = new IncomingMessage(near as Socket)
    Object.assign(request, { method: 'GET', url: path, headers: { host: url.host, ...headers } })
    const upgrade: FakeClient['upgrade'] = { done: false, refusal: undefined }
    handle({
      request,
      socket: near,
      head: Buffer.alloc(0),
      url,
      address: '127.0.0.1',
      done() {
        upgrade.done = true
      },
      refuse(error) {
        upgrade.refusal = error
        near.destroy()
      },
    })
    return { socket: far, received: () => Buffer.concat(received), upgrade, ended: () => ended }
  }
}

/** Two ends of one connection, in memory; like TCP, each direction ends by itself. */
export function socketPair(): [Duplex, Duplex] {
  const near: Duplex = end(() => far)
  const far: Duplex = end(() => near)
  return [near, far]
}

function end(other: () => Duplex): Duplex {
  return new Duplex({
    read() {},
    write(chunk, _encoding, done) {
      if (!other().readableEnded && !other().destroyed) other().push(chunk)
      setImmediate(done)
    },
    final(done) {
      if (!other().destroyed) other().push(null)
      done()
    },
    destroy(error, done) {
      setImmediate(() => other().destroy())
      done(error)
    },
  })
}
