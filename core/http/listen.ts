import type { Server } from 'node:net'
import { configError } from '../config/config-error.js'

/** What to do about the ways in which an address can't be had. */
const REMEDIES: Readonly<Record<string, string>> = {
  EADDRINUSE: 'is taken; end the program that has it, or choose another port',
  EACCES: 'may not be bound by this user; choose a port from 1024 on',
  EADDRNOTAVAIL: 'is not an address of this machine; choose one that is',
  ENOTFOUND: 'is not a known host name; use an address of this machine',
}

/** Binds a server. Throws a `ConfigError` at `path` (`listen`, `admin`) that says what to do. */
export async function listen(server: Server, host: string, port: number, path: string): Promise<void> {
  try {
    await new Promise<void>((resolve, reject) => {
      server.once('error', reject)
      server.listen(port, host, () => {
        server.off('error', reject)
        resolve()
      })
    })
  } catch (error) {
    const { code = '', message } = error as NodeJS.ErrnoException
    throw configError(path, `${host}:${port} ${REMEDIES[code] ?? `can't be bound: ${message}`}`)
  }
}
