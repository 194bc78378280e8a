/**
 * Tells clients which STUN and TURN servers to use, with credentials that expire; and, where asked to, lets only some of
 * their candidates reach others.
 */

import {
  BALANCER,
  type Balancer,
  type Candidate,
  CLOCK,
  type Clock,
  type ConnectContext,
  definePlugin,
  type HotKindName,
  type IceServer,
  inject,
  injectable,
  type MessageContext,
  OPTIONS,
  type Policy,
  type Principal,
  SignalError,
  type Static,
  Type,
} from '../../core/api.js'
import { CandidateRules } from './ice/candidate-rules.js'
import { isIceUrl, isTurnUrl } from './ice/ice-url.js'
import { filterSdp } from './ice/sdp-filter.js'
import { turnCredentials } from './ice/turn-credentials.js'

const options = Type.Object({
  servers: Type.Array(
    Type.Object({
      urls: Type.Array(Type.String(), {
        minItems: 1,
        description: '`stun:`, `stuns:`, `turn:` or `turns:` URLs of one server',
      }),
      id: Type.Optional(
        Type.String({
          minLength: 1,
          description: 'stable name, by which the balancer knows it; absent: its first URL',
        }),
      ),
      secret: Type.Optional(
        Type.String({
          minLength: 16,
          description: 'secret shared with the TURN server (coturn: `use-auth-secret`); never sent',
        }),
      ),
      username: Type.Optional(Type.String({ minLength: 1, description: 'fixed TURN user name' })),
      credential: Type.Optional(Type.String({ minLength: 1, description: 'fixed TURN password' })),
      weight: Type.Optional(Type.Number({ exclusiveMinimum: 0, description: 'share of the clients' })),
      region: Type.Optional(Type.String({ minLength: 1, description: 'where it stands, for the balancer' })),
    }),
    { default: [], description: 'the servers, STUN and TURN' },
  ),
  pick: Type.Integer({
    minimum: 1,
    default: 2,
    description: 'a client is told this many of the TURN servers, chosen by the balancer',
  }),
  ttlSeconds: Type.Integer({
    minimum: 60,
    maximum: 3600,
    default: 3600,
    description: 'how long credentials made from a secret are valid',
  }),
  relayOnly: Type.Boolean({
    default: false,
    description: 'let only relayed candidates reach others, so that no peer learns where another one is',
  }),
  candidates: Type.Object(
    {
      allow: Type.Array(Type.String(), {
        default: [],
        description: 'networks whose addresses may be told; none: all',
      }),
      deny: Type.Array(Type.String(), {
        default: [],
        description: 'networks whose addresses may not be told',
      }),
      mdns: Type.Boolean({ default: true, description: 'whether `.local` names may be told' }),
    },
    { default: {}, description: 'which candidates may reach others' },
  ),
})

type Options = Static<typeof options>

/** What is left of a candidate beside its text: other fields, such as `address`, could tell what the text may not. */
const CANDIDATE_FIELDS = ['sdpMid', 'sdpMLineIndex', 'usernameFragment'] as const

type Server = Options['servers'][number]

interface TurnServer extends Candidate {
  readonly server: Server
}

@injectable()
class IcePolicy implements Policy {
  readonly #stun: readonly IceServer[]
  readonly #turn: readonly TurnServer[]
  readonly #pick: number
  readonly #ttlMs: number
  readonly #balancer: Balancer
  readonly #clock: Clock
  readonly #rules: CandidateRules
  /** None without rules: payloads then pass through the engine untouched. */
  readonly dataKinds: readonly HotKindName[]

  constructor(
    @inject(OPTIONS) { servers, pick, ttlSeconds, ...rules }: Options,
    @inject(BALANCER) balancer: Balancer,
    @inject(CLOCK) clock: Clock,
  ) {
    servers.forEach(refuseUnusable)
    this.#stun = servers.filter((server) => !offersTurn(server)).map(({ urls }) => ({ urls }))
    this.#turn = servers.filter(offersTurn).map(candidateOf)
    this.#pick = pick
    this.#ttlMs = ttlSeconds * 1000
    this.#balancer = balancer
    this.#clock = clock
    this.#rules = new CandidateRules(rules)
    this.dataKinds = this.#rules.areAny ? ['offer', 'answer', 'candidate'] : []
  }

  /** What can't be read can't be judged, and is refused. */
  onData({ kind }: MessageContext, data: string): string | null {
    const value: unknown = JSON.parse(data)
    if (kind === 'candidate') return this.#filterCandidate(value)
    const { sdp } = (value ?? {}) as { sdp?: unknown }
    if (typeof sdp !== 'string') throw unreadable(kind)
    return JSON.stringify({ ...(value as object), sdp: filterSdp(sdp, this.#rules) })
  }

  /** Null and an empty candidate say that there are no more. */
  #filterCandidate(value: unknown): string | null {
    if (value === null) return 'null'
    const given = value as Readonly<Record<string, unknown>>
    const { candidate } = given
    if (typeof candidate !== 'string') throw unreadable('candidate')
    const told = candidate === '' ? '' : this.#rules.filter(candidate)
    if (told === undefined) return null
    const rest = CANDIDATE_FIELDS.flatMap((field) => (field in given ? [[field, given[field]]] : []))
    return JSON.stringify({ candidate: told, ...Object.fromEntries(rest) })
  }

  /** Every STUN server, then the TURN servers that the balancer picks for this peer. */
  onConnect({ peer, principal, iceServers }: ConnectContext): void {
    iceServers.push(...this.#stun)
    for (const { server } of this.#choose(peer)) iceServers.push(this.#offer(server, principal))
  }

  /** The key is the peer, not the principal: many people may share one name. */
  #choose(peer: string): readonly TurnServer[] {
    if (this.#turn.length <= this.#pick) return this.#turn
    const chosen: TurnServer[] = []
    let rest = this.#turn
    while (chosen.length < this.#pick) {
      const next = this.#balancer.pick(peer, rest)
      if (next === undefined) break
      chosen.push(next)
      rest = rest.filter((candidate) => candidate !== next)
    }
    return chosen
  }

  #offer({ urls, username, credential, secret }: Server, principal: Principal): IceServer {
    if (secret === undefined) return { urls, username: username!, credential: credential! }
    const latest = this.#clock.now() + this.#ttlMs
    const expiresAt = Math.min(latest, principal.expiresAt ?? latest)
    return { urls, ...turnCredentials(secret, principal.id, expiresAt) }
  }
}

const unreadable = (kind: string): SignalError =>
  new SignalError('E_REFUSED', `this server only relays some candidates, and can't read this ${kind}`)

const offersTurn = ({ urls }: Server): boolean => urls.some(isTurnUrl)

const idOf = ({ id, urls }: Server): string => id ?? urls[0]!

function candidateOf(server: Server): TurnServer {
  const { weight, region } = server
  return {
    id: idOf(server),
    server,
    ...(weight === undefined ? {} : { weight }),
    ...(region === undefined ? {} : { region }),
  }
}

/** Throws an `Error` that begins with the path of the option at fault. */
function refuseUnusable(server: Server, i: number, servers: readonly Server[]): void {
  const at = `servers[${i}]`
  const wrongUrl = server.urls.findIndex((url) => !isIceUrl(url))
  if (wrongUrl >= 0) {
    throw new Error(
      `${at}.urls[${wrongUrl}]: must be stun:HOST[:PORT] or turn:HOST[:PORT][?transport=udp|tcp] (stuns:, turns: for TLS)`,
    )
  }
  const first = servers.findIndex((other) => idOf(other) === idOf(server))
  if (first < i) throw new Error(`${at}.id: is the same as that of servers[${first}]; give each its own`)
  const { secret, username, credential } = server
  if (!offersTurn(server)) {
    if (secret ?? username ?? credential) throw new Error(`${at}.urls: has credentials, but no turn: URL`)
    return
  }
  if ((username === undefined) !== (credential === undefined)) {
    throw new Error(
      `${at}.${username === undefined ? 'username' : 'credential'}: is missing; give both or neither`,
    )
  }
  if ((secret === undefined) === (username === undefined)) {
    throw new Error(`${at}.secret: a TURN server needs either a secret, or username and credential`)
  }
}

export default definePlugin({
  kind: 'policy',
  name: 'ice',
  description:
    'Tells clients which STUN and TURN servers to use; lets only some candidates through, if told to.',
  options,
  useClass: IcePolicy,
})
