/** The configuration of a server: one JSON object, every key optional. docs/reference/configuration.md is made from it. */

import { type Static, type TSchema, Type } from 'typebox'
import { CAPACITY } from '../engine/engine.js'
import { CARDINALITY, type Kind } from '../plugin.js'

const entry = Type.Object(
  {
    use: Type.String({
      minLength: 1,
      description: 'The name of a shipped plugin, the name of a package, or a path beginning with ./ or ../',
    }),
    options: Type.Optional(
      Type.Record(Type.String(), Type.Unknown(), { description: "The plugin's own options" }),
    ),
  },
  { description: 'One plugin' },
)

/** What serves when the config says nothing about a kind. Safe: `open` refuses to be reached from elsewhere. */
const DEFAULT_PLUGINS = {
  bus: [{ use: 'local' }],
  balancer: [{ use: 'rendezvous' }],
  auth: [{ use: 'open' }],
  policy: [{ use: 'rate-limit' }, { use: 'ice' }],
  observer: [{ use: 'metrics' }],
  transport: [{ use: 'ws' }],
} as const satisfies Record<Kind, readonly { use: string }[]>

const entries = (kind: Kind, description: string) =>
  Type.Array(entry, {
    description,
    default: DEFAULT_PLUGINS[kind],
    ...(CARDINALITY[kind] === 'one' ? { minItems: 1, maxItems: 1 } : {}),
  })

/** More than machines have processors; each takes memory whether it has work or not. */
const MAX_WORKERS = 256

const port = (description: string) => ({ minimum: 0, maximum: 65_535, description })
const file = (description: string) => Type.String({ minLength: 1, description: `File of ${description}` })
const milliseconds = (byDefault: number, description: string, minimum = 1) =>
  Type.Integer({
    minimum,
    maximum: 3_600_000,
    default: byDefault,
    description: `${description}, milliseconds`,
  })
const atMost = (maximum: number, byDefault: number, description: string, minimum = 1) =>
  Type.Integer({ minimum, maximum, default: byDefault, description })
const oneOf = <T extends string>(values: readonly T[], byDefault: T, description: string) =>
  Type.Union(
    values.map((value) => Type.Literal(value)),
    { default: byDefault, description },
  )
const section = <P extends Record<string, TSchema>>(description: string, properties: P) =>
  Type.Object(properties, { default: {}, description })

export const configSchema = Type.Object(
  {
    $schema: Type.Optional(Type.String({ description: 'Where editors find this schema (signalbox schema)' })),
    listen: section('Where clients connect', {
      host: Type.String({ minLength: 1, default: '127.0.0.1', description: 'Address to bind' }),
      port: Type.Integer({ default: 8080, ...port('Port to bind; 0 asks the system for a free one') }),
      names: Type.Array(Type.String({ pattern: '^[a-z0-9._-]+$' }), {
        default: [],
        description:
          'Host names of this server. Requests for other names are refused if any is given, or if `host` is loopback',
      }),
      proxies: Type.Array(Type.String(), {
        default: [],
        description: 'Addresses and networks of proxies whose X-Forwarded-For is believed: 10.0.0.0/8',
      }),
      tls: Type.Optional(
        Type.Object(
          {
            cert: file('the certificate and its chain, PEM'),
            key: file('its private key, PEM'),
            clientCa: Type.Optional(
              file('CA certificates, PEM: clients must present one that they have signed'),
            ),
          },
          { description: 'Encryption; the files are read again when they change' },
        ),
      ),
    }),
    admin: Type.Union(
      [
        Type.Object({
          host: Type.Optional(
            Type.String({ minLength: 1, description: 'Address to bind, by default 127.0.0.1' }),
          ),
          port: Type.Optional(Type.Integer(port('Port to bind, by default the one after listen.port'))),
          token: Type.Optional(
            Type.String({ minLength: 16, description: 'Bearer token to ask for; needed beyond loopback' }),
          ),
        }),
        Type.Literal(false),
      ],
      { default: {}, description: 'The listener for operators: metrics and health; false for none' },
    ),
    workers: Type.Union(
      [
        Type.Integer({ minimum: 1, maximum: MAX_WORKERS }),
        Type.Literal('auto'),
        Type.Object({
          min: Type.Integer({
            minimum: 1,
            maximum: MAX_WORKERS,
            default: 1,
            description: 'The least of them',
          }),
          max: Type.Integer({
            minimum: 1,
            maximum: MAX_WORKERS,
            description: 'The most; how many there are follows the work',
          }),
        }),
      ],
      {
        default: 1,
        description:
          'Processes that serve clients: a number, "auto" for one a processor, or bounds between which it follows the work',
      },
    ),
    engine: Type.Union([Type.Literal('wasm'), Type.Literal('js')], {
      default: 'wasm',
      description: 'Which implementation of the hot path serves',
    }),
    origins: Type.Array(Type.String({ pattern: '^https?://[^/]+$' }), {
      default: [],
      description: "Web origins that may connect besides the server's own, exact: https://app.example",
    }),
    page: Type.Boolean({
      default: true,
      description: 'Whether the call page and the client bundle are served',
    }),
    log: section('Logs, as JSON lines on standard error', {
      level: Type.Union(
        (['fatal', 'error', 'warn', 'info', 'debug', 'trace', 'silent'] as const).map((level) =>
          Type.Literal(level),
        ),
        { default: 'info', description: 'The least severe level that is written' },
      ),
    }),
    sessions: section('Sessions that outlive the process', {
      file: Type.Optional(
        Type.String({
          minLength: 1,
          description: 'Where sessions are kept from a stop until the next start; without it they end',
        }),
      ),
    }),
    cluster: section('How this server is one of several, where the bus carries messages to others', {
      name: Type.Optional(
        Type.String({
          minLength: 1,
          maxLength: 63,
          description:
            'What operators call this node; each has its own. By default its host and four characters',
        }),
      ),
      region: Type.Optional(Type.String({ pattern: '^[!-~]{1,64}$', description: 'Where it stands' })),
      url: Type.Optional(
        Type.String({
          pattern: '^(https?|wss?)://[^\\s]+$',
          maxLength: 2048,
          description: 'Where clients reach this node; others that stop send theirs there',
        }),
      ),
      secret: Type.Optional(
        Type.String({
          minLength: 32,
          description: 'What all nodes share; messages on the bus without its mark are dropped',
        }),
      ),
      heartbeatMs: milliseconds(400, 'How often it says that it is alive', 50),
      deadMs: milliseconds(3500, 'Silence after which another node is taken for dead', 200),
      linkBytes: atMost(
        1024 * 1024 * 1024,
        16 * 1024 * 1024,
        'Bytes that another node may leave unconfirmed before the link to it is given up',
        1024 * 1024,
      ),
    }),
    rooms: Type.Array(
      Type.Object({
        match: Type.String({
          minLength: 1,
          description: 'The name of the room, or its beginning when this ends in *',
        }),
        capacity: Type.Optional(
          Type.Integer({
            minimum: 1,
            maximum: CAPACITY.membersPerRoom,
            description: 'Members of the room, by default limits.membersPerRoom',
          }),
        ),
        door: oneOf(
          ['open', 'lobby', 'locked'],
          'open',
          'How the door stands at first: everybody comes in, waits for a moderator to be admitted, or stays outside',
        ),
        lobbyMs: milliseconds(60_000, 'How long somebody waits to be admitted'),
        lobbySize: atMost(CAPACITY.membersPerRoom, 100, 'How many may wait at a time'),
        duplicates: oneOf(
          ['allow', 'reject', 'replace'],
          'allow',
          'What becomes of a join by a principal that is in the room: both stay, it is refused, or the first leaves',
        ),
      }),
      {
        default: [],
        description: 'Rules for rooms, a list; of the entries that match a room the first counts',
      },
    ),
    limits: section('Bounds; every queue and every wait has one', {
      peers: atMost(CAPACITY.peers - 1, 100_000, 'Connected peers'),
      roomsPerPeer: atMost(CAPACITY.roomsPerPeer, 8, 'Rooms that one peer may be in'),
      membersPerRoom: atMost(CAPACITY.membersPerRoom, 10_000, 'Members of one room'),
      metadataBytes: atMost(16_384, 4096, "Bytes of a peer's metadata in a room, JSON", 0),
      queuedBytes: atMost(
        64 * 1024 * 1024,
        256 * 1024,
        'Bytes that may wait for a slow reader before it is closed',
        1024,
      ),
      handshakes: atMost(100_000, 1000, 'Handshakes under way at a time'),
      handshakeMs: milliseconds(5000, 'A handshake, auth and policies included'),
      pingMs: milliseconds(10_000, 'Silence after which a client is asked for a sign of life'),
      pongMs: milliseconds(5000, 'Time it has to give one'),
      stallMs: milliseconds(
        5000,
        'Time after which a client that reads nothing of what waits for it is closed',
      ),
      amplification: atMost(
        1_000_000,
        20_000,
        'Bytes that one byte of a peer may make the server send, over some ten seconds',
      ),
      amplificationBytes: atMost(
        16 * 1024 * 1024 * 1024,
        64 * 1024 * 1024,
        'Bytes that a peer may make the server send besides, in the same time',
        1024,
      ),
      resumeMs: milliseconds(30_000, 'How long a session outlives its socket; 0: not at all', 0),
      replayFrames: atMost(1_000_000, 1000, 'Frames kept for a client until it says that it has them'),
      replayBytes: atMost(64 * 1024 * 1024, 1024 * 1024, 'Bytes of those frames', 1024),
      replayLogBytes: atMost(
        1024 * 1024 * 1024,
        32 * 1024 * 1024,
        'Bytes of the newest frames that all connected clients share; what is older is not repeated',
        1024 * 1024,
      ),
      detachedBytes: atMost(
        16 * 1024 * 1024 * 1024,
        256 * 1024 * 1024,
        'Bytes of frames kept for all sessions without a socket; beyond it the oldest of them end',
        1024,
      ),
      drainMs: milliseconds(10_000, 'Time over which clients are told to go when the server stops', 0),
      pluginMs: milliseconds(10_000, 'Start or stop of one plugin'),
    }),
    plugins: section('Plugins, by kind', {
      transport: entries('transport', 'Accept clients'),
      auth: entries('auth', 'Say who a client is; asked in this order'),
      balancer: entries('balancer', 'Picks one of several targets'),
      bus: entries('bus', 'Carries messages between processes'),
      policy: entries('policy', 'Decide what may happen; asked in this order'),
      observer: entries('observer', 'Are told what happened'),
    }),
  },
  { title: 'Signalbox', default: {} },
)

export type Config = Static<typeof configSchema>
export type Limits = Config['limits']
export type Entry = Static<typeof entry>
