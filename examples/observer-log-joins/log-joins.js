/** Writes a line to the server's log whenever somebody joins or leaves a room. */

import { definePlugin, injected, LOGGER, OPTIONS, Type } from 'signalbox/plugin'

const options = Type.Object({
  prefix: Type.String({ default: '', description: 'only rooms whose names begin so' }),
})

class LogJoins {
  #prefix
  #logger

  constructor({ prefix }, logger) {
    this.#prefix = prefix
    this.#logger = logger
  }

  observe(event) {
    if (event.type !== 'joined' && event.type !== 'left') return
    const { type, principal, room } = event
    if (room.startsWith(this.#prefix)) this.#logger.info({ principal, room }, type)
  }
}

export default definePlugin({
  kind: 'observer',
  name: 'log-joins',
  description: 'Logs who joins and leaves rooms.',
  options,
  useClass: injected(LogJoins, OPTIONS, LOGGER),
})
