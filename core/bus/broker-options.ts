import { Type } from 'typebox'

/** Options of every bus that has a broker; see `BrokerBus`. */
export const BROKER_OPTIONS = {
  unreachable: Type.Union([Type.Literal('refuse'), Type.Literal('degrade')], {
    default: 'refuse',
    description:
      "when the broker can't be reached at the start: refuse to start, or serve local rooms until it can be",
  }),
  pingMs: Type.Integer({
    minimum: 50,
    maximum: 60_000,
    default: 1000,
    description:
      'how often the broker is asked for a sign of life; four times this without one, and it is away',
  }),
  bufferBytes: Type.Integer({
    minimum: 1024 * 1024,
    maximum: 1024 * 1024 * 1024,
    default: 8 * 1024 * 1024,
    description: 'bytes that may wait for the broker before more are refused',
  }),
}

/** For brokers that others use too. */
export const PREFIX_OPTION = Type.Optional(
  Type.String({
    pattern: '^[A-Za-z0-9_-]{1,60}$',
    description:
      'a word that begins every topic, where several clusters share a broker; the same on all nodes',
  }),
)
