import { accessSync, constants } from 'node:fs'
import { dirname, resolve } from 'node:path'
import type { Logger } from 'pino'
import { configError } from '../config/config-error.js'
import type { Config } from '../config/schema.js'
import { SessionFile } from './session-file.js'

/**
 * The file that the config names for sessions; relative paths start at `directory`. Throws a `ConfigError` when its folder
 * can't be written to: now, and not when sessions are to be saved.
 */
export function sessionFile(
  { sessions: { file } }: Pick<Config, 'sessions'>,
  directory: string,
  logger: Logger,
): SessionFile | undefined {
  if (file === undefined) return undefined
  const path = resolve(directory, file)
  try {
    accessSync(dirname(path), constants.W_OK)
  } catch (error) {
    const { code } = error as NodeJS.ErrnoException
    throw configError('sessions.file', `its folder ${dirname(path)} can't be written to (${code}); mend that`)
  }
  return new SessionFile(path, logger)
}
