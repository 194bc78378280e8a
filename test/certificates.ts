/** Real certificates for tests, made by openssl and gone with the test. */

import { execFileSync } from 'node:child_process'
import { join } from 'node:path'
import type { Defer } from './suite.js'
import { temporaryFolder } from './temporary-folder.js'

/** Why there are no certificates here; undefined where there can be some. */
export const opensslMissing: string | undefined = (() => {
  try {
    execFileSync('openssl', ['version'], { stdio: 'ignore' })
    return undefined
  } catch {
    return 'openssl is not installed'
  }
})()

export interface Pair {
  /** Paths of PEM files. */
  readonly cert: string
  readonly key: string
}

export class Authority {
  readonly #folder: string
  readonly #own: Pair
  #serial = 1

  /** A certificate authority of its own, in a temporary folder. */
  constructor(defer: Defer) {
    this.#folder = temporaryFolder(defer)
    this.#own = this.#paths('ca')
    const self = ['req', '-x509', '-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes']
    openssl(...self, '-days', '2', '-subj', '/CN=Test CA', '-keyout', this.#own.key, '-out', this.#own.cert)
  }

  /** The path of its certificate. */
  get cert(): string {
    return this.#own.cert
  }

  /** A certificate for 127.0.0.1 and localhost with this common name; `days` may be negative: expired. */
  issue(name: string, days = 1): Pair {
    const pair = this.#paths(name)
    const request = join(this.#folder, `${name}.csr`)
    const extensions = ['-addext', 'subjectAltName=IP:127.0.0.1,DNS:localhost']
    const key = ['-newkey', 'ec', '-pkeyopt', 'ec_paramgen_curve:prime256v1', '-nodes', '-keyout', pair.key]
    openssl('req', ...key, '-subj', `/CN=${name}`, ...extensions, '-out', request)
    const signer = ['-CA', this.#own.cert, '-CAkey', this.#own.key, '-set_serial', String(this.#serial++)]
    openssl(
      'x509',
      '-req',
      '-in',
      request,
      ...signer,
      '-days',
      String(days),
      '-copy_extensions',
      'copy',
      '-out',
      pair.cert,
    )
    return pair
  }

  #paths(name: string): Pair {
    return { cert: join(this.#folder, `${name}.pem`), key: join(this.#folder, `${name}.key`) }
  }
}

function openssl(...args: string[]): void {
  execFileSync('openssl', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}
