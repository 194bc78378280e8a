/**
 * Who may come in and what they may do: the auth chain, the grants, and the policies where they may take their time,
 * each with a time-out.
 */

import type { Logger } from 'pino'
import type { Clock } from '../clock.js'
import type { Auth, Credentials, Principal } from '../contracts/auth.js'
import type { AttemptContext, ConnectContext, JoinContext, Policy } from '../contracts/policy.js'
import { withDeadline } from '../deadline.js'
import { SignalError } from '../errors.js'
import { credentialHash } from './credential-hash.js'
import { mayJoin } from './grants.js'

/** Longer tokens are nobody's: no plugin is asked. */
const MAX_TOKEN_LENGTH = 8192
/**
 * Refused credentials are answered at multiples of this after they came, milliseconds. Whatever was wrong with them,
 * and however soon it showed, the answer comes at the same time.
 */
const REFUSAL_MS = 100

/** A hook of a policy that may take its time. */
type Ask<C> = (context: C) => void | Promise<void>

export class Access {
  readonly #auth: readonly Auth[]
  readonly #onAttempt: readonly Ask<AttemptContext>[]
  readonly #onConnect: readonly Ask<ConnectContext>[]
  readonly #onJoin: readonly Ask<JoinContext>[]
  readonly #clock: Clock
  readonly #limitMs: number
  readonly #logger: Logger

  /** `limitMs` bounds auth and the policies of one connection or one join. */
  constructor(
    auth: readonly Auth[],
    policies: readonly Policy[],
    { clock, limitMs, logger }: { clock: Clock; limitMs: number; logger: Logger },
  ) {
    this.#auth = auth
    this.#onAttempt = policies.flatMap((policy) => policy.onAttempt?.bind(policy) ?? [])
    this.#onConnect = policies.flatMap((policy) => policy.onConnect?.bind(policy) ?? [])
    this.#onJoin = policies.flatMap((policy) => policy.onJoin?.bind(policy) ?? [])
    this.#clock = clock
    this.#limitMs = limitMs
    this.#logger = logger
  }

  /**
   * Asks the policies about a connection of which nothing is known but the address. Throws a `SignalError`, or returns a
   * promise that rejects with one; returns nothing when every policy answered at once.
   */
  attempt(context: AttemptContext): void | Promise<void> {
    return this.#inOrder(this.#onAttempt, context)
  }

  /**
   * Who presents these credentials. Rejects with a `SignalError`: the same E_AUTH for all credentials that are missing,
   * forged, broken, too long or past their time, and at the same moment.
   */
  async authenticate(credentials: Credentials): Promise<Principal> {
    const startedAt = this.#clock.monotonic()
    const principal = await this.#identify(credentials)
    if (principal === undefined) {
      const { token, address } = credentials
      const credential = token === undefined ? 'none' : credentialHash(token)
      this.#logger.debug({ credential, address }, 'refused a credential')
      await this.#untilRefusals(startedAt)
      throw new SignalError('E_AUTH')
    }
    return Object.freeze({ ...principal, grants: Object.freeze({ ...principal.grants }) })
  }

  /** Asks the chain. Undefined for credentials that are no good, now or ever. */
  async #identify(credentials: Credentials): Promise<Principal | undefined> {
    if (credentials.token !== undefined && credentials.token.length > MAX_TOKEN_LENGTH) return undefined
    try {
      const principal = await this.#bounded(async () => {
        for (const auth of this.#auth) {
          const answer = await auth.authenticate(credentials)
          if (answer !== undefined) return answer
        }
        return undefined
      })
      const isPast = principal?.expiresAt !== undefined && principal.expiresAt <= this.#clock.now()
      return isPast ? undefined : principal
    } catch (error) {
      if ((error as SignalError).code === 'E_AUTH') return undefined
      throw error
    }
  }

  async #untilRefusals(startedAt: number): Promise<void> {
    const elapsed = this.#clock.monotonic() - startedAt
    await new Promise<void>((resolve) => this.#clock.after(REFUSAL_MS - (elapsed % REFUSAL_MS), resolve))
  }

  /** Asks the policies about a connection. Rejects with a `SignalError`. */
  connect(context: ConnectContext): Promise<void> {
    return this.#bounded(async () => {
      for (const ask of this.#onConnect) await ask(context)
    })
  }

  /**
   * Asks the grants and the policies about a join. Throws a `SignalError`, or returns a promise that rejects with
   * one; returns nothing when every policy answered at once, so that a join then takes no tick.
   */
  join(context: JoinContext): void | Promise<void> {
    if (!mayJoin(context.principal.grants, context.room)) throw new SignalError('E_FORBIDDEN')
    return this.#inOrder(this.#onJoin, context)
  }

  /** Asks one after the other, and waits only from the first on that has to be waited for. */
  #inOrder<C>(hooks: readonly Ask<C>[], context: C): void | Promise<void> {
    for (let i = 0; i < hooks.length; i++) {
      const answer = this.#guarded(hooks[i]!, context)
      if (answer !== undefined) return this.#others(answer, hooks.slice(i + 1), context)
    }
  }

  #others<C>(first: Promise<void>, rest: readonly Ask<C>[], context: C): Promise<void> {
    return this.#bounded(async () => {
      await first
      for (const ask of rest) await ask(context)
    })
  }

  async #bounded<T>(work: () => Promise<T>): Promise<T> {
    try {
      return await withDeadline(this.#clock, this.#limitMs, work(), () => new SignalError('E_TIMEOUT'))
    } catch (error) {
      throw this.#asSignalError(error)
    }
  }

  #guarded<C>(ask: Ask<C>, context: C): void | Promise<void> {
    try {
      return ask(context)
    } catch (error) {
      throw this.#asSignalError(error)
    }
  }

  /** What a plugin threw by mistake goes to the log, not to the client. */
  #asSignalError(error: unknown): SignalError {
    if (error instanceof SignalError) return error
    this.#logger.error({ err: error }, 'an auth or policy plugin threw something other than a SignalError')
    return new SignalError('E_INTERNAL')
  }
}
