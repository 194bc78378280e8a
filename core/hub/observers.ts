import type { Logger } from 'pino'
import type { HubEvent, Observer } from '../contracts/observer.js'

/** Tells every observer what happened; none of them can hurt the hub or another one. */
export class Observers {
  readonly #observers: readonly { name: string; observe(event: HubEvent): unknown }[]
  readonly #logger: Logger

  constructor(observers: readonly { name: string; observer: Observer }[], logger: Logger) {
    this.#observers = observers.flatMap(({ name, observer }) =>
      observer.observe ? [{ name, observe: observer.observe.bind(observer) }] : [],
    )
    this.#logger = logger
  }

  tell(event: HubEvent): void {
    for (const { name, observe } of this.#observers) {
      try {
        const answer = observe(event)
        // An `async observe` fits the contract's type; its rejection would end the process.
        if (answer instanceof Promise) answer.catch((error: unknown) => this.#log(name, event, error))
      } catch (error) {
        this.#log(name, event, error)
      }
    }
  }

  #log(observer: string, event: HubEvent, error: unknown): void {
    this.#logger.error({ err: error, observer, event: event.type }, 'an observer threw')
  }
}
