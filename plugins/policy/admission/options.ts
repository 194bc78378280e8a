import { type Static, Type } from '../../../core/api.js'

const MIB = 1024 * 1024

const turn = (milliseconds: number, least: string) =>
  Type.Number({
    minimum: 0.5,
    maximum: 60_000,
    default: milliseconds,
    description: `how long a turn of the event loop may take before ${least}, milliseconds`,
  })

export const options = Type.Object({
  turnMs: Type.Object(
    {
      connections: turn(2, 'new connections are refused'),
      joins: turn(4, 'joins are refused'),
      publishes: turn(8, 'messages to whole rooms are refused'),
    },
    { default: {}, description: 'what is aimed at; what takes too long is served less of' },
  ),
  memoryBytes: Type.Optional(
    Type.Integer({
      minimum: 16 * MIB,
      description: 'what heap and buffers may take; by default what the container or the machine has',
    }),
  ),
  queuedBytes: Type.Integer({
    minimum: MIB,
    default: 256 * MIB,
    description: 'what may wait for all clients together',
  }),
})

export type Options = Static<typeof options>
