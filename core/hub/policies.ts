/** The policies' hooks that never wait: what they are asked and told with every message, refusal and goodbye. */

import type { Logger } from 'pino'
import type { CoarseClock } from '../coarse-clock.js'
import type { MessageContext, MessageKindName, Policy, RefusedContext } from '../contracts/policy.js'
import type { Engine } from '../engine/engine.js'
import { type ErrorCode, SignalError } from '../errors.js'
import { type HotKindName, KINDS, type KindName } from '../protocol.js'
import type { Session } from '../sessions/session.js'

/** Kinds by their number. */
const NAMES: readonly KindName[] = Object.entries(KINDS).reduce<KindName[]>((names, [name, number]) => {
  names[number] = name as KindName
  return names
}, [])

/** The message at hand, in the same object every time. The room's name is made only for who reads it. */
class CurrentMessage implements MessageContext {
  principal: MessageContext['principal'] = { id: '', grants: {} }
  peer = ''
  slot = 0
  kind: MessageKindName = 'signal'
  roomNumber = -1
  lengthBytes = 0
  recipients = 0
  now = 0
  readonly #engine: Engine

  constructor(engine: Engine) {
    this.#engine = engine
  }

  get room(): string {
    return ROOMLESS.has(this.kind) ? '' : this.#engine.roomName
  }
}

const ROOMLESS: ReadonlySet<string> = new Set(['ack', 'auth'])

export class Policies {
  /** Whether any policy wants to see messages or what is in them. */
  readonly watchesMessages: boolean
  readonly #clock: CoarseClock
  readonly #logger: Logger
  readonly #context: CurrentMessage
  readonly #onMessage: readonly NonNullable<Policy['onMessage']>[]
  readonly #onRefused: readonly NonNullable<Policy['onRefused']>[]
  readonly #onDisconnect: readonly NonNullable<Policy['onDisconnect']>[]
  readonly #figures: readonly NonNullable<Policy['figures']>[]
  /** By the number of the kind. */
  readonly #onData: readonly (readonly NonNullable<Policy['onData']>[])[]

  constructor(
    policies: readonly Policy[],
    { engine, clock, logger }: { engine: Engine; clock: CoarseClock; logger: Logger },
  ) {
    this.#clock = clock
    this.#logger = logger
    this.#context = new CurrentMessage(engine)
    this.#onMessage = policies.flatMap((policy) => policy.onMessage?.bind(policy) ?? [])
    this.#onRefused = policies.flatMap((policy) => policy.onRefused?.bind(policy) ?? [])
    this.#onDisconnect = policies.flatMap((policy) => policy.onDisconnect?.bind(policy) ?? [])
    this.#figures = policies.flatMap((policy) => policy.figures?.bind(policy) ?? [])
    this.#onData = NAMES.map((name) =>
      policies.flatMap((policy) =>
        policy.dataKinds?.includes(name as HotKindName) ? (policy.onData?.bind(policy) ?? []) : [],
      ),
    )
    this.watchesMessages = this.#onMessage.length > 0 || this.#onData.some((asked) => asked.length > 0)
  }

  /** Milliseconds, never going back, up to 10 ms old. */
  get now(): number {
    return this.#clock.now
  }

  /** What policies say of themselves at this moment, by name. */
  get figures(): Record<string, number> {
    return Object.assign({}, ...this.#figures.map((read) => read()))
  }

  /** Whether any policy wants to see the payload of messages of this kind. */
  watchesData(kind: number): boolean {
    return this.#onData[kind]!.length > 0
  }

  /**
   * Asks about the message that the engine has accepted last: the refusal, or undefined. Part of the hot path.
   * `roomNumber` is -1 where there is none.
   */
  message(
    session: Session,
    kind: number,
    roomNumber: number,
    lengthBytes: number,
    recipients: number,
  ): SignalError | undefined {
    const context = this.#context
    context.principal = session.principal
    context.peer = session.id
    context.slot = session.slot
    context.kind = NAMES[kind] as MessageKindName
    context.roomNumber = roomNumber
    context.lengthBytes = lengthBytes
    context.recipients = recipients
    context.now = this.#clock.now
    const asked = this.#onMessage
    try {
      for (let i = 0; i < asked.length; i++) asked[i]!(context)
      return undefined
    } catch (error) {
      return this.#asSignalError(error)
    }
  }

  /** Asks about the payload of that message, after `message`: what is relayed, null for nothing, or the refusal. */
  data(kind: number, data: string): string | null | SignalError {
    let text: string | null = data
    try {
      for (const ask of this.#onData[kind]!) {
        if (text === null) break
        text = ask(this.#context, text)
      }
      return text
    } catch (error) {
      return this.#asSignalError(error)
    }
  }

  /** Tells of a refusal. What comes back ends the connection. */
  refused(code: ErrorCode, address: string, slot = -1): SignalError | undefined {
    if (this.#onRefused.length === 0) return undefined
    const context: RefusedContext = { code, address, slot, now: this.#clock.now }
    let verdict: SignalError | undefined
    for (const tell of this.#onRefused) {
      try {
        tell(context)
      } catch (error) {
        verdict ??= this.#asSignalError(error)
      }
    }
    return verdict
  }

  /** Tells that a slot is free again. */
  disconnected(slot: number): void {
    for (const tell of this.#onDisconnect) {
      try {
        tell(slot)
      } catch (error) {
        this.#asSignalError(error)
      }
    }
  }

  /** What a policy threw by mistake goes to the log, not to the client. */
  #asSignalError(error: unknown): SignalError {
    if (error instanceof SignalError) return error
    this.#logger.error({ err: error }, 'a policy threw something other than a SignalError')
    return new SignalError('E_INTERNAL')
  }
}
