import {
  BodyReader,
  type BrokerConnection,
  type BrokerListener,
  EXCHANGE_FRAMES,
  type ExchangeWriter,
  questionNumber,
  Receipts,
  shortText,
} from '../../../core/api.js'

/**
 * A worker's term at the exchange. A pipe can't be opened twice: when the primary has been away, a new term begins on
 * the same pipe, with no topics. Answers to questions of an earlier term are known by their numbers, and ignored.
 */
export class PipeConnection implements BrokerConnection {
  readonly #writer: ExchangeWriter
  readonly #listener: BrokerListener
  readonly #receipts = new Receipts(() => this.#ask())
  readonly #numbers: () => number
  /** The question under way, and who waits for its answer. */
  #question = -1
  #answered = () => {}
  #isOpen = true

  constructor(writer: ExchangeWriter, listener: BrokerListener, numbers: () => number) {
    this.#writer = writer
    this.#listener = listener
    this.#numbers = numbers
    this.#writer.write(EXCHANGE_FRAMES.reset)
  }

  subscribe(topics: readonly string[]): Promise<void> {
    for (const topic of topics) this.#writer.write(EXCHANGE_FRAMES.subscribe, shortText(topic))
    return this.#receipts.next()
  }

  async unsubscribe(topic: string): Promise<void> {
    this.#writer.write(EXCHANGE_FRAMES.unsubscribe, shortText(topic))
  }

  publish(topic: string, message: Uint8Array): Promise<void> {
    this.#writer.write(EXCHANGE_FRAMES.publish, shortText(topic), message)
    return this.#receipts.next()
  }

  ping(): Promise<void> {
    return this.#receipts.next()
  }

  /** The pipe stays: it is the bus's. */
  async close(): Promise<void> {
    this.#isOpen = false
    this.#receipts.close(new Error('the connection is closed'))
  }

  /** A frame of the exchange. Throws when it makes no sense. */
  receive(kind: number, body: Buffer): void {
    const reader = new BodyReader(body)
    if (kind === EXCHANGE_FRAMES.answer) {
      if (reader.number() === this.#question) this.#answered()
    } else if (kind === EXCHANGE_FRAMES.message) {
      const topic = reader.shortText()
      const sender = reader.shortText()
      if (this.#isOpen) this.#listener.message(topic, reader.rest(), sender)
    } else {
      throw new RangeError(`a frame of kind ${kind}`)
    }
  }

  /** The pipe has ended, and with it the term. */
  lost(why: string): void {
    this.#listener.lost(why)
  }

  #ask(): Promise<void> {
    this.#question = this.#numbers()
    this.#writer.write(EXCHANGE_FRAMES.question, questionNumber(this.#question))
    return new Promise((resolve) => {
      this.#answered = resolve
    })
  }
}
