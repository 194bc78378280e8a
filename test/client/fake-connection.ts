/**
 * An RTCPeerConnection without media: the signaling states of JSEP (RFC 9429 section 3.2), rollback included, and
 * the rules that perfect negotiation relies on. Descriptions name what they offer, so that a test can see whose won.
 */

let made = 0

export class FakeConnection extends EventTarget {
  readonly number = ++made
  signalingState: RTCSignalingState = 'stable'
  iceConnectionState: RTCIceConnectionState = 'new'
  iceGatheringState: RTCIceGatheringState = 'complete'
  connectionState: RTCPeerConnectionState = 'new'
  localDescription: { type: string; sdp: string } | null = null
  remoteDescription: { type: string; sdp: string } | null = null
  /** Candidates applied; null is the end of them. */
  readonly candidates: (string | null)[] = []
  readonly senders: FakeSender[] = []
  /** While this is pending, operations take their time. */
  gate: Promise<void> = Promise.resolve()
  /** What `getStats` reports; undefined: it fails. */
  statistics: readonly { readonly id: string }[] | undefined
  restarts = 0
  rollbacks = 0
  #offers = 0
  #needed = false
  /** Operations run one after the other (WebRTC section 4.4.1.2). */
  #operations: Promise<unknown> = Promise.resolve()
  #stable: { local: FakeConnection['localDescription']; remote: FakeConnection['remoteDescription'] } = {
    local: null,
    remote: null,
  }

  constructor(readonly configuration: RTCConfiguration = {}) {
    super()
  }

  addTrack(track: unknown): FakeSender {
    const sender = new FakeSender(track)
    this.senders.push(sender)
    this.need()
    return sender
  }

  removeTrack(sender: FakeSender): void {
    this.senders.splice(this.senders.indexOf(sender), 1)
    this.need()
  }

  createDataChannel(label: string): { label: string } {
    this.need()
    return { label }
  }

  restartIce(): void {
    this.restarts += 1
    this.need()
  }

  /** Something must be negotiated: told once, when nothing is under way. */
  need(): void {
    this.#needed = true
    queueMicrotask(() => {
      if (!this.#needed || this.signalingState !== 'stable') return
      this.#needed = false
      this.dispatchEvent(new Event('negotiationneeded'))
    })
  }

  setLocalDescription(): Promise<void> {
    return this.#operate(() => {
      if (this.signalingState === 'have-remote-offer') {
        this.localDescription = {
          type: 'answer',
          sdp: `answer of ${this.number} to ${this.remoteDescription!.sdp}`,
        }
        this.#settle()
      } else {
        this.localDescription = { type: 'offer', sdp: `offer ${++this.#offers} of ${this.number}` }
        this.signalingState = 'have-local-offer'
      }
    })
  }

  setRemoteDescription({ type, sdp }: { type: string; sdp: string }): Promise<void> {
    return this.#operate(() => {
      if (sdp === 'broken') throw new Error('this SDP is broken')
      if (type === 'answer') {
        if (this.signalingState !== 'have-local-offer') throw new Error(`answer in ${this.signalingState}`)
        this.remoteDescription = { type, sdp }
        this.#settle()
        return
      }
      if (this.signalingState === 'have-local-offer') {
        this.rollbacks += 1
        this.localDescription = this.#stable.local
        // What was offered must be offered again, unless the answer carries it: then it is told for nothing.
        this.#needed = false
      }
      this.remoteDescription = { type, sdp }
      this.signalingState = 'have-remote-offer'
    })
  }

  addIceCandidate(candidate?: RTCIceCandidateInit): Promise<void> {
    return this.#operate(() => {
      if (!this.remoteDescription) throw new Error('no remote description')
      if (candidate?.candidate === 'misfit') throw new Error('unknown ufrag')
      this.candidates.push(candidate?.candidate ?? null)
    })
  }

  async getStats(): Promise<Map<string, object>> {
    if (!this.statistics) throw new Error('closed')
    return new Map(this.statistics.map((entry) => [entry.id, entry]))
  }

  close(): void {
    this.signalingState = 'closed'
    this.connectionState = 'closed'
  }

  /** A candidate was gathered; null: all were. */
  gather(candidate: string | null): void {
    const event = new Event('icecandidate')
    Object.assign(event, { candidate: candidate === null ? null : { toJSON: () => ({ candidate }) } })
    this.dispatchEvent(event)
  }

  ice(state: RTCIceConnectionState): void {
    this.iceConnectionState = state
    this.dispatchEvent(new Event('iceconnectionstatechange'))
  }

  gathering(state: RTCIceGatheringState): void {
    this.iceGatheringState = state
    this.dispatchEvent(new Event('icegatheringstatechange'))
  }

  become(state: RTCPeerConnectionState): void {
    this.connectionState = state
    this.dispatchEvent(new Event('connectionstatechange'))
  }

  #settle(): void {
    this.signalingState = 'stable'
    this.#stable = { local: this.localDescription, remote: this.remoteDescription }
    if (this.#needed) this.need()
  }

  #operate(operation: () => void): Promise<void> {
    const run = this.#operations.then(async () => {
      await this.gate
      if (this.signalingState === 'closed') throw new Error('closed')
      operation()
    })
    this.#operations = run.catch(() => {})
    return run
  }
}

export class FakeSender {
  constructor(public track: unknown) {}

  async replaceTrack(track: unknown): Promise<void> {
    if ((track as { stubborn?: boolean }).stubborn) {
      throw Object.assign(new Error('needs negotiation'), { name: 'InvalidModificationError' })
    }
    this.track = track
  }
}

/** A constructor for the client, and the connections that it made. */
export function fakeConnections() {
  const connections: FakeConnection[] = []
  const RTCPeerConnection = class extends FakeConnection {
    constructor(configuration?: RTCConfiguration) {
      super(configuration)
      connections.push(this)
    }
  }
  return {
    connections,
    RTCPeerConnection: RTCPeerConnection as unknown as new (c?: RTCConfiguration) => RTCPeerConnection,
  }
}

/** A track or stream, as far as signaling cares. */
export function fakeTrack(more: object = {}): MediaStreamTrack {
  return { kind: 'video', ...more } as unknown as MediaStreamTrack
}
