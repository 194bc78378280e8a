import { findProgram, type Program } from '../installed-program.js'
import type { Defer } from '../suite.js'
import { RealServer } from './real-server.js'

/** A redis-server, or why there is none. */
export const findRedis = (): Program =>
  findProgram({
    name: 'redis-server',
    variable: 'REDIS_SERVER_PATH',
    places: ['/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'].map((folder) => `${folder}/redis-server`),
    debian: 'redis-server',
  })

/** Starts one that writes nothing to disk. `more` are further arguments; `port` for a server that speaks TLS only. */
export const startRedis = (
  defer: Defer,
  path: string,
  more: (port: number) => readonly string[] = (port) => ['--port', String(port)],
): Promise<RealServer> =>
  RealServer.start(defer, {
    path,
    args: (port, folder) => [
      ...['--bind', '127.0.0.1', '--save', '', '--appendonly', 'no', '--dir', folder],
      ...more(port),
    ],
  })
