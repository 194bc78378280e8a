import { writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { findProgram, type Program } from '../installed-program.js'
import type { Defer } from '../suite.js'
import { RealServer } from './real-server.js'

/** A nats-server, or why there is none. */
export const findNats = (): Program =>
  findProgram({
    name: 'nats-server',
    variable: 'NATS_SERVER_PATH',
    places: ['/usr/sbin', '/usr/bin', '/usr/local/bin', '/opt/homebrew/bin'].map(
      (folder) => `${folder}/nats-server`,
    ),
    debian: 'nats-server',
  })

/** Starts one. `config` is added to its configuration file, in its own language; what it stores is gone with the test. */
export const startNats = (defer: Defer, path: string, config = ''): Promise<RealServer> =>
  RealServer.start(defer, {
    path,
    args(port, folder) {
      const file = join(folder, 'nats.conf')
      writeFileSync(file, `listen: "127.0.0.1:${port}"\n${config}\n`)
      return ['-c', file, '-sd', folder]
    },
  })
