import { Socket } from 'node:net'
import {
  type BrokerConnection,
  type BrokerListener,
  EXCHANGE_FRAMES,
  EXCHANGE_VARIABLE,
  ExchangeReader,
  ExchangeWriter,
  type Logger,
  shortText,
} from '../../../core/api.js'
import { PipeConnection } from './pipe-connection.js'

/** The worker's end of the pipe that its primary has made for it. */
export class WorkerPipe {
  readonly #logger: Logger
  #socket: Socket | undefined
  #writer: ExchangeWriter | undefined
  /** The present term at the exchange. */
  #connection: PipeConnection | undefined
  #lastNumber = 0

  constructor(logger: Logger) {
    this.#logger = logger
  }

  /** Throws in a process that no primary has started. */
  open(): void {
    const fd = process.env[EXCHANGE_VARIABLE]
    if (fd === undefined) {
      throw new Error(
        'this process is no worker: bus/ipc connects the workers of one server, and they choose it themselves',
      )
    }
    const socket = openSocket(fd)
    const reader = new ExchangeReader((kind, body) => this.#connection?.receive(kind, body))
    socket.on('data', (chunk) => {
      try {
        reader.read(chunk)
      } catch (error) {
        this.#logger.error({ err: error }, 'the primary talks nonsense: cut off')
        socket.destroy()
      }
    })
    socket.on('error', () => {}) // and then it closes
    socket.on('close', () => this.#connection?.lost('the pipe to the primary has closed'))
    this.#socket = socket
    this.#writer = new ExchangeWriter(socket)
  }

  /** Begins a new term; the one before is over. */
  async connect(listener: BrokerListener): Promise<BrokerConnection> {
    if (this.#writer === undefined || this.#socket?.destroyed !== false) {
      throw new Error('the pipe to the primary has closed')
    }
    await this.#connection?.close()
    this.#connection = new PipeConnection(this.#writer, listener, () => this.#nextNumber())
    return this.#connection
  }

  /** Says what the exchange is to publish when this process ends. */
  will(topic: string, message: Uint8Array): void {
    this.#writer?.write(EXCHANGE_FRAMES.will, shortText(topic), message)
  }

  /** 32 bits, over all terms: an answer belongs to one of them. */
  #nextNumber(): number {
    this.#lastNumber = (this.#lastNumber + 1) >>> 0
    return this.#lastNumber
  }

  close(): void {
    this.#socket?.destroy()
  }
}

function openSocket(fd: string): Socket {
  try {
    if (!/^[3-9]$|^[1-9]\d+$/.test(fd)) throw new Error('not the number of a pipe')
    return new Socket({ fd: Number(fd), readable: true, writable: true })
  } catch (error) {
    throw new Error(`${EXCHANGE_VARIABLE}=${fd} is no pipe: only a primary may set it`, { cause: error })
  }
}
