/** The public door of the server: `signalbox`. */

export { type Clock, systemClock, type Timer } from './clock.js'
export { ConfigError, type Problem } from './config/config-error.js'
export { readJson } from './config/load.js'
export type { Config } from './config/schema.js'
export type { Addresses } from './http/addresses.js'
export { createServer, type Server, type ServerOptions } from './server.js'
export { createPrimary, type Primary, type PrimaryOptions } from './workers/primary.js'
