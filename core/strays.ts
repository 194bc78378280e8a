import type { Logger } from 'pino'
import { firstLine } from './first-line.js'

/**
 * A plugin that forgets a promise must not take everybody's calls down: that is logged, and the process goes on. What was
 * thrown past everybody leaves nobody knows what half done: that is logged too, and the process ends with 1.
 */
export function surviveStrays(logger: Logger): void {
  process.on('unhandledRejection', (error) => {
    logger.error(
      { err: error },
      'a promise was rejected and nobody listened; look for a plugin that forgot it',
    )
  })
  process.on('uncaughtException', (error) => {
    logger.fatal({ err: error }, 'an error nobody caught: the process ends')
    process.stderr.write(`signalbox: ${firstLine(error)}\n`)
    process.exit(1)
  })
}
