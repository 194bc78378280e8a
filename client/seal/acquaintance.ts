/** Another member of a sealed room, from the moment that we see it: what it says is opened here, or the error told. */

import type { Json } from '../../core/protocol.js'
import type { Clock } from '../clock.js'
import { type ClientErrorCode, SignalboxError } from '../errors.js'
import { fingerprintsIn, type Occasion, type Signed, sign, signerOf } from '../identity/signature.js'
import type { RoomMessage } from '../room-link.js'
import type { Credentials } from './credentials.js'
import { Meeting, type Pair, type Publishing } from './meeting.js'
import { boxIn, type Position, type ReceivingStream, type SendingStream } from './stream.js'

/** How long a member has for its greeting, milliseconds. */
const GREETING_MS = 10_000
/** Times that a greeting is sent again because the server asked to wait. */
const RETRIES = 5
/** Published messages that are kept until it is known under which key they are. */
const HELD_LIMIT = 256

export type Heard = Extract<RoomMessage, { from: string }>

export interface AcquaintanceOptions {
  readonly credentials: Credentials
  readonly pair: Pair
  readonly clock: Clock
  readonly publishing: Promise<Publishing>
  /** We have been in this room before under the same id: what was meant for us then may still arrive. */
  readonly returns: boolean
  /** Sends one thing to this member; rejects with the server's refusal. */
  tell(data: Json): Promise<void>
  /** Runs what seals and sends something behind everything that came before. */
  inOrder<T>(work: () => Promise<T>): Promise<T>
  fail(error: SignalboxError): void
}

export class Acquaintance {
  readonly #options: AcquaintanceOptions
  readonly #meeting: Meeting
  #held: Heard[] = []
  #waiting: { resolve(): void; reject(error: SignalboxError): void }[] = []
  /** Both have greeted each other. */
  #hasMet = false
  /** Nothing will come of it. */
  #over: SignalboxError | undefined
  #identity: Pick<Signed, 'name' | 'publicKey'> | undefined
  /** Where our publishing stood when we saw it: from there on it must have them all. */
  readonly #publishedBefore: Promise<Position>
  #cancelTimer = () => {}
  #cancelHold = () => {}

  /** Begins with our greeting, where it is for us to begin. */
  constructor(options: AcquaintanceOptions) {
    this.#options = options
    this.#meeting = new Meeting(options.credentials.secret, options.pair)
    this.#publishedBefore = options.publishing.then(({ stream }) => stream.position)
    if (options.pair.isNewcomer) void this.#greet()
    this.#startTimer()
  }

  /** Who it has proved to be. */
  get identity(): Pick<Signed, 'name' | 'publicKey'> | undefined {
    return this.#identity
  }

  /** It has left, or nothing came of it. */
  get isOver(): boolean {
    return this.#over !== undefined
  }

  /** For what we say to it, once we have met. Throws when that is over. */
  get sending(): SendingStream {
    if (this.#over) throw this.#over
    return this.#meeting.bond!.sending
  }

  /** Resolves once both have greeted each other; rejects when nothing comes of it. */
  met(): Promise<void> {
    if (this.#over) return Promise.reject(this.#over)
    if (this.#hasMet) return Promise.resolve()
    if (this.#waiting.length === 0) this.#startTimer()
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }))
  }

  /** It has left, or we have. */
  part(reason: SignalboxError): void {
    this.#over ??= reason
    this.#cancelTimer()
    this.#cancelHold()
    this.#held = []
    for (const { reject } of this.#waiting.splice(0)) reject(reason)
  }

  /** Our signature under a description; undefined where there is nothing to sign, or nobody who does. */
  async sign(kind: string, data: Json): Promise<Signed | undefined> {
    const { identity } = this.#options.credentials
    const fingerprints = fingerprintsIn(data)
    const { bond, pair } = this.#meeting
    if (!identity || !fingerprints || !bond || !isDescription(kind)) return undefined
    const { room, own, peer } = pair
    return sign(identity, fingerprints, { kind, room, from: own, to: peer, nonces: bond.nonces })
  }

  /** What the room is to hear of a message of this member's; nothing, where it is ours to hear or was refused. */
  async hear(message: Heard): Promise<readonly Heard[]> {
    const seal = (message.data as { seal?: Json } | null)?.seal
    if (typeof seal !== 'object' || seal === null) return this.#refuse('E_SEAL_PLAIN', message)
    if (this.#over?.code === 'E_SEAL_REFUSED') return [] // That we don't understand it, is told.
    if (message.type === 'signal' && 'hello' in seal) return this.#greeted(seal, message)
    const { publishes, bond } = this.#meeting
    if (message.type === 'publish' && !publishes) return this.#hold(message)
    // Said before it knew that we had left. In order: what it says to us now comes behind its greeting.
    if (!bond && this.#options.returns) return []
    if (message.type === 'signal' && 'ready' in seal) return this.#told(seal, message)
    const stream = message.type === 'publish' ? publishes : bond?.receiving
    const box = boxIn(seal)
    return stream && box ? this.#open(message, stream, box) : this.#refuse('E_SEAL_FORGED', message)
  }

  async #open(
    message: Heard,
    stream: ReceivingStream,
    box: Parameters<ReceivingStream['open']>[1],
  ): Promise<readonly Heard[]> {
    const opened = await stream.open(message.type, box)
    if (opened.outcome !== 'opened') {
      return this.#refuse(opened.outcome === 'forged' ? 'E_SEAL_FORGED' : 'E_SEAL_REPLAYED', message)
    }
    if (opened.missing > 0)
      this.#fail('E_SEAL_MISSING', `${opened.missing} messages of this peer have not arrived`)
    const { data, signed } = opened.data as { data: Json; signed?: Json }
    return (await this.#isGenuine(message.type, data, signed)) ? [{ ...message, data }] : []
  }

  /** Says whether it has been passed on. */
  async #greet(): Promise<boolean> {
    try {
      await this.#tell(await this.#meeting.hello())
      return true
    } catch (cause) {
      if (!this.#over) this.#ungreeted(cause as SignalboxError)
      return false
    }
  }

  /** Presence or the session tells where it is the peer or the connection that has gone. */
  #ungreeted(cause: SignalboxError): void {
    const isGone = GONE.includes(cause.code)
    const why = `${REASONS.E_SEAL_REFUSED} (${cause.code}: ${cause.message})`
    const error = isGone ? cause : new SignalboxError('E_SEAL_REFUSED', why, { cause })
    if (!isGone) this.#options.fail(error)
    this.part(error)
  }

  async #greeted(seal: object, message: Heard): Promise<readonly Heard[]> {
    const { isNewcomer } = this.#options.pair
    const outcome = this.#over ? 'replayed' : await this.#meeting.greeted(seal as Json)
    if (outcome === 'stale' && this.#options.returns) return []
    if (outcome === 'stale' || outcome === 'replayed') return this.#refuse('E_SEAL_REPLAYED', message)
    if (outcome === 'forged') {
      this.#refuse('E_SEAL_SECRET', message)
      this.part(errorOf('E_SEAL_SECRET', REASONS.E_SEAL_SECRET))
      // It answers nothing; but a newcomer sees at once that we have another secret.
      if (!isNewcomer)
        this.#meeting
          .hello()
          .then(this.#options.tell)
          .catch(() => {})
    } else if (isNewcomer) this.#meet()
    else void this.#greet().then((isGreeted) => isGreeted && this.#meet())
    return []
  }

  #meet(): void {
    if (this.#over) return
    this.#hasMet = true
    this.#cancelTimer()
    const { publishing, inOrder } = this.#options
    inOrder(async () => {
      const ready = await this.#meeting.ready((await publishing).salt, await this.#publishedBefore)
      return { confirmed: this.#tell(ready) }
    })
      .then(({ confirmed }) => confirmed)
      .catch(() => {}) // It has left, or the session is lost: both are told.
    for (const { resolve } of this.#waiting.splice(0)) resolve()
  }

  async #told(seal: object, message: Heard): Promise<readonly Heard[]> {
    const outcome = await this.#meeting.told(seal as Json)
    if (outcome === 'forged') return this.#refuse('E_SEAL_FORGED', message)
    if (outcome === 'replayed') return this.#refuse('E_SEAL_REPLAYED', message)
    this.#cancelHold()
    const opened: Heard[] = []
    for (const held of this.#held.splice(0)) opened.push(...(await this.hear(held)))
    return opened
  }

  #hold(message: Heard): readonly Heard[] {
    if (this.#over || this.#held.length >= HELD_LIMIT) return this.#refuse('E_SEAL_FORGED', message)
    if (this.#held.length === 0)
      this.#cancelHold = this.#options.clock.after(GREETING_MS, () => this.#dropHeld())
    this.#held.push(message)
    return []
  }

  /** Nobody has vouched for them. */
  #dropHeld(): void {
    for (const held of this.#held.splice(0)) this.#refuse('E_SEAL_FORGED', held)
  }

  /** Whether a description comes from whom it should, where that matters. */
  async #isGenuine(kind: string, data: Json, signed: Json | undefined): Promise<boolean> {
    const { trust } = this.#options.credentials
    const fingerprints = fingerprintsIn(data)
    const { bond, pair } = this.#meeting
    if (!trust || !fingerprints || !bond || !isDescription(kind)) return true
    const [own, theirs] = bond.nonces
    const occasion: Occasion = { kind, room: pair.room, from: pair.peer, to: pair.own, nonces: [theirs, own] }
    const signer = await signerOf(signed, fingerprints, occasion)
    if (!signer) {
      this.#fail('E_IDENTITY', `nobody has signed the fingerprints in the ${kind} of this peer`)
      return false
    }
    const { name, publicKey } = signer
    const isSame = this.#identity === undefined || this.#identity.publicKey === publicKey
    if (isSame && (await trust.accepts(name, publicKey))) {
      this.#identity = signer
      return true
    }
    this.#fail(
      'E_IDENTITY',
      `this peer says it is ${JSON.stringify(name)}, but the key ${publicKey} isn't theirs`,
    )
    return false
  }

  /** Patiently: a server may ask to wait. */
  async #tell(data: Json, attempt = 0): Promise<void> {
    // Said late it would be heard by whoever has that id then.
    if (this.#over) throw this.#over
    try {
      await this.#options.tell(data)
    } catch (error) {
      const { retryAfterMs } = error as SignalboxError
      if (retryAfterMs === undefined || attempt >= RETRIES || this.#over) throw error
      await new Promise<void>((resolve) => this.#options.clock.after(retryAfterMs, resolve))
      await this.#tell(data, attempt + 1)
    }
  }

  #startTimer(): void {
    this.#cancelTimer()
    this.#cancelTimer = this.#options.clock.after(GREETING_MS, () => {
      const error = errorOf('E_SEAL_SILENT', REASONS.E_SEAL_SILENT)
      for (const { reject } of this.#waiting.splice(0)) reject(error)
      this.#options.fail(error)
    })
  }

  #refuse(code: keyof typeof REASONS, { type }: Heard): readonly [] {
    this.#fail(code, `${REASONS[code]} (${type})`)
    return []
  }

  #fail(code: ClientErrorCode, message: string): void {
    this.#options.fail(errorOf(code, message))
  }
}

const isDescription = (kind: string): boolean => kind === 'offer' || kind === 'answer'

const errorOf = (code: ClientErrorCode, message: string) => new SignalboxError(code, message)

/** Refusals that say that there is nobody to greet any more, or no session to do it in. */
const GONE: readonly string[] = ['E_NO_PEER', 'E_NOT_JOINED', 'E_SESSION_LOST', 'E_CLOSED']

const REASONS = {
  E_SEAL_SECRET:
    'the greeting of this peer can’t be opened: it has another room secret, or somebody changed it',
  E_SEAL_SILENT: 'this peer has not shown in time that it knows the room secret',
  E_SEAL_REFUSED: 'the server has refused our greeting: we and this peer can’t understand each other',
  E_SEAL_PLAIN: 'this peer sent something that is not sealed',
  E_SEAL_FORGED:
    'a message of this peer can’t be opened: somebody has made or changed it, or put it in another place',
  E_SEAL_REPLAYED: 'a message of this peer came a second time, or too late',
} as const satisfies Partial<Record<ClientErrorCode, string>>
