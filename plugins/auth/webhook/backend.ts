/** One question to the backend: signed, bounded in time and size, its answer checked. */

import { createHmac } from 'node:crypto'
import { Value } from 'typebox/value'
import {
  boundedText,
  type Clock,
  type Credentials,
  GRANTS_SCHEMA,
  type Grants,
  Type,
} from '../../../core/api.js'

const MAX_BYTES = 64 * 1024

/** What the backend may say of somebody whom it knows. */
const KNOWN = Type.Object(
  {
    id: Type.String({ minLength: 1, maxLength: 256 }),
    grants: Type.Optional(GRANTS_SCHEMA),
    expiresInSeconds: Type.Optional(Type.Number({ exclusiveMinimum: 0, maximum: 366 * 24 * 3600 })),
  },
  { additionalProperties: false },
)

export interface Known {
  readonly id: string
  readonly grants?: Grants
  readonly expiresInSeconds?: number
}

/** `unknown`: somebody else in the chain may know. `refused`: nobody shall. */
export type Answer = Known | 'unknown' | 'refused'

export interface BackendOptions {
  readonly url: URL
  readonly secret: string
  readonly timeoutMs: number
}

export class Backend {
  readonly #options: BackendOptions
  readonly #clock: Clock

  constructor(options: BackendOptions, clock: Clock) {
    this.#options = options
    this.#clock = clock
  }

  /** Rejects when there is no answer, or one that makes no sense. */
  async ask({ token, address }: Credentials): Promise<Answer> {
    const body = JSON.stringify({ token, address })
    const aborted = new AbortController()
    const timer = this.#clock.after(this.#options.timeoutMs, () =>
      aborted.abort(new Error('no answer in time')),
    )
    try {
      const response = await fetch(this.#options.url, {
        method: 'POST',
        redirect: 'error',
        headers: { 'Content-Type': 'application/json', Accept: 'application/json', ...this.#signed(body) },
        body,
        signal: aborted.signal,
      })
      return answerOf(response.status, await boundedText(response, MAX_BYTES))
    } finally {
      timer.cancel()
    }
  }

  /** `v1=` and the HMAC-SHA256, in hex, of the seconds since the Unix epoch, a dot, and the body. */
  #signed(body: string): Record<string, string> {
    const timestamp = Math.floor(this.#clock.now() / 1000).toString()
    const mac = createHmac('sha256', this.#options.secret).update(`${timestamp}.${body}`).digest('hex')
    return { 'X-Signalbox-Timestamp': timestamp, 'X-Signalbox-Signature': `v1=${mac}` }
  }
}

function answerOf(status: number, text: string): Answer {
  if (status === 204) return 'unknown'
  if (status === 401 || status === 403) return 'refused'
  if (status !== 200) throw new Error(`status ${status}`)
  const answer: unknown = JSON.parse(text)
  if (!Value.Check(KNOWN, answer)) throw new Error('the answer has another shape than was agreed')
  return answer as Known
}
