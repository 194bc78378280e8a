/** Knows JSON Web Tokens (RFC 7519), checked with jose: a shared secret, a public key, or a key server. */

import {
  decodeJwt,
  decodeProtectedHeader,
  errors,
  type JWTPayload,
  type JWTVerifyGetKey,
  jwtVerify,
} from 'jose'
import {
  type Auth,
  CLOCK,
  type Clock,
  type Credentials,
  credentialHash,
  definePlugin,
  type Grants,
  inject,
  injectable,
  LOGGER,
  type Logger,
  OPTIONS,
  type Principal,
  readGrants,
  SignalError,
  type Static,
  Type,
} from '../../core/api.js'
import { KeyServerError } from './jwt/key-server.js'
import { ALGORITHMS, type VerificationKey, verificationKey } from './jwt/keys.js'

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

const options = Type.Object({
  secret: text('shared secret of HS256, as text, 32 bytes or more; one of secret, publicKey and jwks'),
  publicKey: Type.Optional(
    Type.Union([Type.String(), Type.Record(Type.String(), Type.Unknown())], {
      description: 'public key: PEM (SPKI), a JWK object, or several in a JWK set, `{ "keys": [ … ] }`',
    }),
  ),
  jwks: text('URL of a JSON Web Key Set; https, or http on this machine'),
  algorithms: Type.Optional(
    Type.Array(Type.Union(ALGORITHMS.map((name) => Type.Literal(name))), {
      minItems: 1,
      description: 'signature algorithms that are accepted; absent: what is customary for the key',
    }),
  ),
  issuer: text('the `iss` that a token must have'),
  audience: text('the `aud` that a token must name'),
  clockToleranceSeconds: Type.Integer({
    minimum: 0,
    maximum: 300,
    default: 5,
    description: 'how far the clocks of issuer and server may be apart',
  }),
  claim: Type.String({
    minLength: 1,
    default: 'signalbox',
    description:
      'the claim that holds the grants: `{ "rooms": ["team-*"], "publish": false, "moderate": true }`',
  }),
  requireGrants: Type.Boolean({
    default: false,
    description: 'refuse tokens without that claim; otherwise they may do everything',
  }),
  requireExpiry: Type.Boolean({ default: true, description: 'refuse tokens without `exp`' }),
})

type Options = Static<typeof options>

/** Three parts of base64url; the last is empty in an unsecured token, which is then refused. */
const JWT_SHAPE = /^[\w-]+\.[\w-]+\.[\w-]*$/
const MAX_SUBJECT_LENGTH = 256

@injectable()
class JwtAuth implements Auth {
  readonly #options: Options
  readonly #key: VerificationKey
  readonly #clock: Clock
  readonly #logger: Logger

  constructor(
    @inject(OPTIONS) options: Options,
    @inject(CLOCK) clock: Clock,
    @inject(LOGGER) logger: Logger,
  ) {
    this.#options = options
    this.#key = verificationKey(options, clock, logger)
    this.#clock = clock
    this.#logger = logger
  }

  /**
   * Passes on what hasn't the shape of a JWT, and what says itself that it is for somebody else in the chain: by its
   * algorithm, its issuer or its audience. Any other token that isn't good, or not any more, is E_AUTH; a key server
   * that doesn't answer is E_TIMEOUT, which invites the client to try again.
   */
  async authenticate({ token }: Credentials): Promise<Principal | undefined> {
    if (token === undefined || !JWT_SHAPE.test(token)) return undefined
    return this.#isMeant(token) ? this.#principal(await this.#verify(token)) : undefined
  }

  /** What an unchecked token says of itself. Believed only where it leads to nothing: to being passed on. */
  #isMeant(token: string): boolean {
    const { issuer, audience } = this.#options
    try {
      const { alg } = decodeProtectedHeader(token)
      const { iss, aud = [] } = decodeJwt(token)
      const isKnown = (this.#key.algorithms as readonly (string | undefined)[]).includes(alg)
      const isOurs = issuer === undefined || iss === issuer
      return isKnown && isOurs && (audience === undefined || [aud].flat().includes(audience))
    } catch {
      return false
    }
  }

  async #verify(token: string): Promise<JWTPayload> {
    const { issuer, audience, clockToleranceSeconds, requireExpiry } = this.#options
    try {
      // The cast picks one of jwtVerify's overloads; it tells keys from functions itself.
      const { payload } = await jwtVerify(token, this.#key.key as JWTVerifyGetKey, {
        algorithms: [...this.#key.algorithms],
        clockTolerance: clockToleranceSeconds,
        currentDate: new Date(this.#clock.now()),
        requiredClaims: requireExpiry ? ['sub', 'exp'] : ['sub'],
        ...(issuer === undefined ? {} : { issuer }),
        ...(audience === undefined ? {} : { audience }),
      })
      return payload
    } catch (error) {
      throw this.#refusal(token, error)
    }
  }

  /** What the client may know of a failure; the rest is for the log. */
  #refusal(token: string, error: unknown): SignalError {
    if (error instanceof KeyServerError) return new SignalError('E_TIMEOUT')
    const reason = error instanceof errors.JOSEError ? error.code : 'malformed'
    this.#logger.debug({ reason, credential: credentialHash(token) }, 'refused a token')
    return new SignalError('E_AUTH')
  }

  #principal({ sub, exp, ...claims }: JWTPayload): Principal {
    const { claim, clockToleranceSeconds } = this.#options
    const grants = this.#grants(claims[claim])
    if (!sub || sub.length > MAX_SUBJECT_LENGTH || !grants) throw new SignalError('E_AUTH')
    if (exp === undefined) return { id: sub, grants }
    return { id: sub, grants, expiresAt: (exp + clockToleranceSeconds) * 1000 }
  }

  #grants(claimed: unknown): Grants | undefined {
    if (claimed === undefined) return this.#options.requireGrants ? undefined : {}
    const grants = readGrants(claimed)
    if (!grants) this.#logger.warn({ claim: this.#options.claim }, 'refused a token with malformed grants')
    return grants
  }
}

export default definePlugin({
  kind: 'auth',
  name: 'jwt',
  description: 'Knows JSON Web Tokens: a shared secret, a public key, or a key server (JWKS).',
  options,
  useClass: JwtAuth,
})
