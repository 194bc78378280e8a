/** The certificate and key of a listener, as files: read at the start, and again when they change. */

import { X509Certificate } from 'node:crypto'
import { readFileSync, watch } from 'node:fs'
import { dirname, resolve } from 'node:path'
import { createSecureContext, type SecureContextOptions } from 'node:tls'
import type { Logger } from 'pino'
import type { Clock, Timer } from '../clock.js'
import { configError } from '../config/config-error.js'
import type { Config } from '../config/schema.js'

export type TlsConfig = NonNullable<Config['listen']['tls']>

/** Changes of several files that belong together come in a row: they are looked at when it has been quiet this long. */
const QUIET_MS = 200
/** Not every file system tells of changes: then they are found this much later, milliseconds. */
const POLL_MS = 30_000

type Contents = Readonly<Record<keyof TlsConfig, string | undefined>>

export class TlsFiles {
  readonly #paths: Readonly<Record<keyof TlsConfig, string | undefined>>
  readonly #clock: Clock
  readonly #logger: Logger
  /** What was read last, good or bad. */
  #seen: Contents
  /** What was logged last, so that it is logged once. */
  #complaint = ''
  readonly #stops: (() => void)[] = []

  /** Reads and judges them; paths start at `directory`. Throws a `ConfigError`. */
  constructor(config: TlsConfig, { directory, clock, logger }: TlsFilesOptions) {
    const at = (path: string | undefined) => (path === undefined ? undefined : resolve(directory, path))
    this.#paths = { cert: at(config.cert), key: at(config.key), clientCa: at(config.clientCa) }
    this.#clock = clock
    this.#logger = logger
    this.#seen = this.#read()
    judge(this.#seen, clock.now())
  }

  /** What a TLS server is made with. */
  get context(): SecureContextOptions {
    return contextOf(this.#seen)
  }

  /** Calls `apply` with what the files hold whenever that has changed and is good; what is bad is logged. */
  follow(apply: (context: SecureContextOptions) => void): void {
    const check = () => this.#check(apply)
    let quiet: Timer | undefined
    const soon = () => {
      quiet?.cancel()
      quiet = this.#clock.after(QUIET_MS, check)
    }
    const poll = this.#clock.every(POLL_MS, check)
    this.#stops.push(
      () => quiet?.cancel(),
      () => poll.cancel(),
    )
    // Folders, not files: a new file takes the place of the old one, and links to folders are switched.
    const paths = Object.values(this.#paths).filter((path) => path !== undefined)
    for (const folder of new Set(paths.map(dirname))) {
      try {
        const watcher = watch(folder, { persistent: false }, soon)
        watcher.on('error', () => watcher.close())
        this.#stops.push(() => watcher.close())
      } catch {
        // Then the files are looked at every now and then, and no more.
      }
    }
  }

  stop(): void {
    for (const stop of this.#stops.splice(0)) stop()
  }

  #check(apply: (context: SecureContextOptions) => void): void {
    try {
      const now = this.#read()
      const before = this.#seen
      if (now.cert === before.cert && now.key === before.key && now.clientCa === before.clientCa) return
      this.#seen = now
      judge(now, this.#clock.now())
      apply(contextOf(now))
      this.#complaint = ''
      this.#logger.info(
        { validTo: new X509Certificate(now.cert!).validTo },
        'serving with the new certificate',
      )
    } catch (error) {
      const { message } = error as Error
      if (message !== this.#complaint)
        this.#logger.error({ why: message }, 'a new certificate is bad; the old one stays')
      this.#complaint = message
    }
  }

  #read(): Contents {
    const read = (name: keyof TlsConfig): string | undefined => {
      const path = this.#paths[name]
      if (path === undefined) return undefined
      try {
        return readFileSync(path, 'utf8')
      } catch (error) {
        const { code } = error as NodeJS.ErrnoException
        throw configError(`listen.tls.${name}`, `${path} can't be read (${code}); name a PEM file`)
      }
    }
    return { cert: read('cert'), key: read('key'), clientCa: read('clientCa') }
  }
}

export interface TlsFilesOptions {
  readonly directory: string
  readonly clock: Clock
  readonly logger: Logger
}

const contextOf = ({ cert, key, clientCa }: Contents): SecureContextOptions => ({
  cert,
  key,
  ...(clientCa === undefined ? {} : { ca: clientCa }),
  minVersion: 'TLSv1.2',
})

/** Throws a `ConfigError` for what no client would accept. Never repeats what a file holds. */
function judge({ cert = '', key = '', clientCa }: Contents, now: number): void {
  const certificate = parsed('cert', cert)
  if (Date.parse(certificate.validTo) <= now) {
    throw configError('listen.tls.cert', `has expired on ${certificate.validTo}; renew it`)
  }
  if (clientCa !== undefined) parsed('clientCa', clientCa)
  try {
    createSecureContext({ cert, key })
  } catch {
    throw configError(
      'listen.tls.key',
      "is not the certificate's private key, in PEM and without a passphrase",
    )
  }
}

function parsed(name: keyof TlsConfig, pem: string): X509Certificate {
  try {
    return new X509Certificate(pem)
  } catch {
    throw configError(`listen.tls.${name}`, 'holds no certificate; name a PEM file')
  }
}
