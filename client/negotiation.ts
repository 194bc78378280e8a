/**
 * Perfect negotiation (WebRTC section 10.7) for one RTCPeerConnection: either side may offer at any moment; when both
 * do, the polite one takes its offer back and answers. Who is polite, the server says. Also trickle ICE, and the
 * restart of ICE when the way between two peers breaks.
 */

import type { Json } from '../core/protocol.js'
import type { Clock } from './clock.js'
import { SignalboxError } from './errors.js'
import { bondOf, secret } from './proof.js'

export type NegotiationKind = 'offer' | 'answer' | 'candidate'

export interface NegotiationOptions {
  readonly connection: RTCPeerConnection
  readonly polite: boolean
  readonly clock: Clock
  /** Carries one message to the other side. */
  send(kind: NegotiationKind, data: Json): Promise<void>
  onError(error: SignalboxError): void
}

/**
 * Where both sides have something to send, both would offer as soon as they meet. The polite one gives the other this
 * long to be first, milliseconds: its tracks then travel in the answer, and nothing has to be taken back.
 */
const FIRST_OFFER_MS = 400
/** `disconnected` often heals by itself: ICE restarts after this long, milliseconds. */
const DISCONNECTED_MS = 5_000
/**
 * How long the polite side lets its own candidates be gathered before it takes an offer back, milliseconds. Chromium,
 * when it has to take back a first offer while gathering for it, now and then gathers nothing ever after.
 */
const GATHERING_MS = 3_000
/** Restarts in a row wait longer and longer, up to this long, milliseconds. */
const RESTART_CAP_MS = 30_000
/** Times that a message is sent again because the server asked to wait. */
const RETRIES = 5
/** Candidates that may wait for a remote description. */
const EARLY_LIMIT = 256
/** Refusals that need no report: presence tells what became of the peer, the socket what became of the server. */
const EXPECTED_REFUSALS: readonly string[] = ['E_NO_PEER', 'E_NOT_JOINED', 'E_SESSION_LOST', 'E_CLOSED']
/** Longest secret that is taken from a peer, characters. */
const SECRET_LIMIT = 64

export class Negotiation {
  readonly #options: NegotiationOptions
  readonly #connection: RTCPeerConnection
  readonly #secret = secret()
  #theirSecret: string | undefined
  #polite: boolean
  readonly #listeners = new AbortController()
  #makingOffer = false
  #ignoringOffer = false
  /** What came from the other side is applied one after the other, in the order of arrival. */
  #chain: Promise<void> = Promise.resolve()
  #early: RTCIceCandidateInit[] = []
  #restarts = 0
  #cancelRestart = () => {}
  #cancelFirst = () => {}

  constructor(options: NegotiationOptions) {
    this.#options = options
    this.#connection = options.connection
    this.#polite = options.polite
    this.#listen('negotiationneeded', () => this.#need())
    this.#listen('icecandidate', (event) => {
      const { candidate } = event as RTCPeerConnectionIceEvent
      // Null says that there are no more: the other side needn't wait for them (trickle ICE, RFC 8838 section 13).
      this.#transmit('candidate', candidate ? (candidate.toJSON() as Json) : null)
    })
    this.#listen('iceconnectionstatechange', () => this.#watchIce())
  }

  /** Takes a message of the other side. What isn't well formed is dropped: it comes from a stranger. */
  receive(kind: NegotiationKind, data: Json): void {
    this.#chain = this.#chain
      .then(() => (kind === 'candidate' ? this.#addCandidate(data) : this.#applyDescription(kind, data)))
      .catch((cause) => this.#fail(`could not apply the ${kind} of a peer`, cause))
  }

  /** What nobody but the two ends of this connection knows; undefined until both have spoken. */
  get bond(): string | undefined {
    return this.#theirSecret === undefined ? undefined : bondOf(this.#secret, this.#theirSecret)
  }

  /** The other side is reached in another way now, and what was under way is lost: an open question is asked again. */
  renew(polite: boolean): void {
    this.#polite = polite
    this.#ignoringOffer = false
    if (this.#connection.signalingState === 'have-local-offer') this.#sendDescription()
  }

  close(): void {
    this.#listeners.abort()
    this.#cancelRestart()
    this.#cancelFirst()
    this.#early = []
    this.#connection.close()
  }

  get #closed(): boolean {
    return this.#listeners.signal.aborted
  }

  #listen(name: string, listener: (event: Event) => void): void {
    this.#connection.addEventListener(name, listener, { signal: this.#listeners.signal })
  }

  #need(): void {
    const connection = this.#connection
    const untouched = () => connection.signalingState === 'stable' && !connection.remoteDescription
    if (!this.#polite || !untouched()) void this.#offer()
    else
      this.#cancelFirst = this.#options.clock.after(FIRST_OFFER_MS, () => {
        // Has the other side offered meanwhile, the browser asks again for whatever the answer left open.
        if (untouched()) void this.#offer()
      })
  }

  async #offer(): Promise<void> {
    try {
      this.#makingOffer = true
      await this.#connection.setLocalDescription()
      this.#sendDescription()
    } catch (cause) {
      this.#fail('could not make an offer', cause)
    } finally {
      this.#makingOffer = false
    }
  }

  async #applyDescription(kind: 'offer' | 'answer', data: Json): Promise<void> {
    const connection = this.#connection
    const { sdp, secret } = (data ?? {}) as { sdp?: Json; secret?: Json }
    if (this.#closed || typeof sdp !== 'string') return
    if (typeof secret === 'string' && secret.length <= SECRET_LIMIT) this.#theirSecret = secret
    if (kind === 'answer') {
      // An answer to an offer that was taken back has lost its question.
      if (connection.signalingState !== 'have-local-offer') return
      this.#ignoringOffer = false
      await connection.setRemoteDescription({ type: kind, sdp })
      return this.#flushEarly()
    }
    const collision = this.#makingOffer || connection.signalingState !== 'stable'
    this.#ignoringOffer = collision && !this.#polite
    if (this.#ignoringOffer) return
    if (collision && !connection.remoteDescription) await this.#gathered()
    if (this.#closed) return
    // In `have-local-offer` this takes our own offer back first (JSEP, RFC 9429 section 4.1.10.2).
    await connection.setRemoteDescription({ type: kind, sdp })
    await this.#flushEarly()
    if (this.#closed) return
    await connection.setLocalDescription()
    this.#sendDescription()
  }

  /** Resolves when all candidates of ours are gathered, or after a while. */
  #gathered(): Promise<void> {
    const connection = this.#connection
    return new Promise((resolve) => {
      const check = () => {
        if (!this.#closed && connection.iceGatheringState !== 'complete') return
        cancel()
        connection.removeEventListener('icegatheringstatechange', check)
        resolve()
      }
      const cancel = this.#options.clock.after(GATHERING_MS, resolve)
      connection.addEventListener('icegatheringstatechange', check)
      check()
    })
  }

  async #addCandidate(data: Json): Promise<void> {
    if (this.#closed || (data !== null && typeof data !== 'object')) return
    const candidate = (data ?? { candidate: '' }) as RTCIceCandidateInit
    if (this.#connection.remoteDescription) return this.#apply(candidate)
    if (!this.#ignoringOffer && this.#early.length < EARLY_LIMIT) this.#early.push(candidate)
  }

  async #apply(candidate: RTCIceCandidateInit): Promise<void> {
    try {
      // No argument is the end of candidates for every m-line, whatever a browser makes of an empty one.
      await (candidate.candidate === '' && candidate.sdpMid == null
        ? this.#connection.addIceCandidate()
        : this.#connection.addIceCandidate(candidate))
    } catch (cause) {
      // Candidates of an offer that we ignored don't fit, and needn't.
      if (!this.#ignoringOffer) throw cause
    }
  }

  async #flushEarly(): Promise<void> {
    for (const candidate of this.#early.splice(0)) await this.#apply(candidate)
  }

  #sendDescription(): void {
    const description = this.#connection.localDescription
    if (!description || this.#closed) return
    const { type, sdp } = description
    this.#transmit(type as 'offer' | 'answer', { type, sdp, secret: this.#secret })
  }

  /** A message that the server had no time for is sent again, unless it has become pointless. */
  #transmit(kind: NegotiationKind, data: Json, retries = RETRIES): void {
    this.#options.send(kind, data).catch((error: SignalboxError) => {
      if (this.#closed || EXPECTED_REFUSALS.includes(error.code)) return
      if (error.retryAfterMs === undefined || retries === 0) return this.#options.onError(error)
      this.#options.clock.after(error.retryAfterMs, () => {
        const current = this.#connection.localDescription?.sdp
        if (this.#closed || (kind !== 'candidate' && (data as { sdp: string }).sdp !== current)) return
        this.#transmit(kind, data, retries - 1)
      })
    })
  }

  #watchIce(): void {
    this.#cancelRestart()
    const state = this.#connection.iceConnectionState
    if (state === 'connected' || state === 'completed') this.#restarts = 0
    if (state === 'failed') {
      const waitMs = this.#restarts === 0 ? 0 : Math.min(1_000 * 2 ** this.#restarts, RESTART_CAP_MS)
      this.#restartAfter(waitMs)
    }
    if (state === 'disconnected') this.#restartAfter(DISCONNECTED_MS)
  }

  #restartAfter(ms: number): void {
    this.#cancelRestart = this.#options.clock.after(ms, () => {
      this.#restarts += 1
      this.#connection.restartIce()
    })
  }

  #fail(what: string, cause: unknown): void {
    if (!this.#closed) this.#options.onError(new SignalboxError('E_NEGOTIATION', what, { cause }))
  }
}
