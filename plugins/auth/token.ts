/** Knows a fixed list of tokens: API keys, kiosks, services. */

import { createHash, timingSafeEqual } from 'node:crypto'
import {
  type Auth,
  CLOCK,
  type Clock,
  type Credentials,
  definePlugin,
  GRANTS_SCHEMA,
  inject,
  injectable,
  OPTIONS,
  type Principal,
  type Static,
  Type,
} from '../../core/api.js'

const options = Type.Object({
  tokens: Type.Array(
    Type.Object({
      token: Type.Optional(
        Type.String({
          minLength: 16,
          description: 'the secret itself, 16 characters or more; keep it in the environment or in a file',
        }),
      ),
      hash: Type.Optional(
        Type.String({
          pattern: '^sha256:[0-9a-f]{64}$',
          description: 'instead of the secret, what `signalbox hash-token` makes of it: `sha256:…`',
        }),
      ),
      name: Type.String({ minLength: 1, description: 'who presents it: the principal id' }),
      grants: Type.Object(GRANTS_SCHEMA.properties, {
        additionalProperties: false,
        default: {},
        description: 'what it allows: `rooms`, `signal`, `publish`; absent permissions are granted',
      }),
      expires: Type.Optional(
        Type.String({
          description: 'ISO 8601 date and time from which it is refused and its connections end',
        }),
      ),
    }),
    { minItems: 1, description: 'the tokens that are known' },
  ),
})

type Options = Static<typeof options>

/** A date alone means midnight UTC; a time must name its zone, lest it depend on the machine's. */
const ISO_DATE = /^\d{4}-\d\d-\d\d(T\d\d:\d\d(:\d\d(\.\d+)?)?(Z|[+-]\d\d:\d\d))?$/

interface Entry {
  readonly digest: Buffer
  readonly principal: Principal
}

const digestOf = (token: string): Buffer => createHash('sha256').update(token).digest()

@injectable()
class TokenAuth implements Auth {
  readonly #entries: readonly Entry[]
  readonly #clock: Clock

  constructor(@inject(OPTIONS) { tokens }: Options, @inject(CLOCK) clock: Clock) {
    this.#clock = clock
    this.#entries = tokens.map(entryOf)
    const digests = this.#entries.map(({ digest }) => digest.toString('hex'))
    digests.forEach((digest, i) => {
      const first = digests.indexOf(digest)
      if (first < i) throw new Error(`tokens[${i}]: is the same token as tokens[${first}]; remove one`)
    })
  }

  /** Compares with every entry, whatever it finds: the time taken says nothing about the list. */
  authenticate({ token }: Credentials): Principal | undefined {
    if (token === undefined) return undefined
    const digest = digestOf(token)
    let known: Principal | undefined
    for (const entry of this.#entries) {
      if (timingSafeEqual(entry.digest, digest)) known = entry.principal
    }
    const isPast = known?.expiresAt !== undefined && known.expiresAt <= this.#clock.now()
    return isPast ? undefined : known
  }
}

function entryOf({ token, hash, name, grants, expires }: Options['tokens'][number], i: number): Entry {
  if ((token === undefined) === (hash === undefined)) {
    throw new Error(`tokens[${i}]: needs either token or hash`)
  }
  const digest = token === undefined ? Buffer.from(hash!.slice('sha256:'.length), 'hex') : digestOf(token)
  if (expires === undefined) return { digest, principal: Object.freeze({ id: name, grants }) }
  const expiresAt = Date.parse(expires)
  if (!ISO_DATE.test(expires) || Number.isNaN(expiresAt)) {
    throw new Error(`tokens[${i}].expires: must be an ISO 8601 date such as "2030-01-31T12:00:00Z"`)
  }
  return { digest, principal: Object.freeze({ id: name, grants, expiresAt }) }
}

export default definePlugin({
  kind: 'auth',
  name: 'token',
  description: 'Knows a fixed list of tokens, plain or hashed, each with a name and grants.',
  options,
  useClass: TokenAuth,
})
