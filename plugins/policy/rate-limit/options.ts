/** What may be limited, and how generously it is by default: no call, meeting or reconnect comes near. */

import { type Static, Type } from '../../../core/api.js'

const KIB = 1024
const MIB = 1024 * KIB

const rate = (perSecond: number, burst: number, what: string) =>
  Type.Union(
    [Type.Array(Type.Number({ exclusiveMinimum: 0 }), { minItems: 2, maxItems: 2 }), Type.Literal(false)],
    {
      default: [perSecond, burst],
      description: what,
    },
  )

const scope = <P extends Parameters<typeof Type.Object>[0]>(description: string, properties: P) =>
  Type.Object(properties, { default: {}, description })

export const options = Type.Object({
  connection: scope('one connection; each limit is [a second, at once], or false', {
    messages: rate(1000, 20_000, 'messages; those that fan out cost more'),
    bytes: rate(2 * MIB, 64 * MIB, 'bytes of messages'),
    joins: rate(10, 200, 'joins; joining many people costs more'),
  }),
  user: scope('all connections of one principal; not of one whose name many share, as with auth `open`', {
    messages: rate(5000, 50_000, 'messages'),
    bytes: rate(8 * MIB, 128 * MIB, 'bytes of messages'),
    joins: rate(50, 2000, 'joins'),
    connects: rate(20, 1000, 'new connections'),
  }),
  address: scope('all connections from one IP address (IPv6: /64), many people behind one router maybe', {
    messages: rate(20_000, 200_000, 'messages'),
    bytes: rate(32 * MIB, 256 * MIB, 'bytes of messages'),
    joins: rate(200, 5000, 'joins'),
    connects: rate(50, 2000, 'attempts to connect, before auth is asked'),
    connections: Type.Integer({ minimum: 1, default: 5000, description: 'connections at a time' }),
  }),
  room: scope('everything that one room is sent', {
    messages: rate(200_000, 2_000_000, 'messages, one a recipient'),
    bytes: rate(256 * MIB, 1024 * MIB, 'bytes of messages, for each recipient'),
    joins: rate(500, 20_000, 'joins'),
  }),
  fanOutCost: Type.Number({
    minimum: 0,
    default: 0.02,
    description:
      'what each recipient beyond the first adds to the cost of a message, and each member to that of a join',
  }),
  exempt: Type.Array(Type.String(), {
    default: ['127.0.0.0/8', '::1'],
    description: 'networks to which limits by address, and bans of addresses, do not apply',
  }),
  patience: rate(10, 100, 'refusals that a connection may collect before it is closed (E_FLOOD)'),
  closes: rate(0.05, 3, 'such closes that an address or user may collect before it is banned'),
  banSeconds: Type.Integer({
    minimum: 1,
    maximum: 86_400,
    default: 60,
    description: 'how long a ban lasts',
  }),
})

export type Options = Static<typeof options>
