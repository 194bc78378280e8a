import type { Logger } from 'pino'
import type { HubEvent, Observer } from './contracts/observer.js'

/** Tells every observer what happened; none of them can hurt the hub or another one. */
export class Observers {
  readonly #observers: readonly { name: string; observe(event: HubEvent): void }[]
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
        observe(event)
      } catch (error) {
        this.#logger.error({ err: error, observer: name, event: event.type }, 'an observer threw')
      }
    }
  }
}
