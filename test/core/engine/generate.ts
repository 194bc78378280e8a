/** Messages for the differential test: valid, nearly valid, hostile and random. */

import fc from 'fast-check'
import type { Dice } from '../../dice.js'
import { GONE_ID, GUEST_ID, idOf, ROOM_NAMES, SLOTS, STALE_ID } from './world.js'

const TYPES =
  'join leave update ack stats bye auth moderate offer answer candidate signal publish offer publish'.split(
    ' ',
  )
const IDS = ['1', '2', '9007199254740991', '9007199254740992', '0', '-1', '1.0', '1e2', '"1"', 'null', '007']
const IDS_OF_PEERS = [
  ...SLOTS.map((slot) => idOf(slot)),
  ...[idOf(1), idOf(1), STALE_ID, GONE_ID, GUEST_ID, idOf(200_000), '-_aZ09'.repeat(3).slice(2)],
  ...['x', '', 'a'.repeat(15), 'a'.repeat(17), `${'a'.repeat(15)}+`, `/${'a'.repeat(15)}`, 'é'.repeat(8)],
]

/** Pieces that mutations put into messages. */
const TOKENS = [
  ...[
    '{',
    '}',
    '[',
    ']',
    ':',
    ',',
    '"',
    '\\',
    '\\u',
    '\\ud800',
    '\\udc00',
    '\\u0000',
    '\\"',
    ' ',
    '\t',
    '\r\n',
  ],
  ...[
    'true',
    'false',
    'null',
    'nul',
    '-',
    '0',
    '1',
    '01',
    '1.',
    '.5',
    '1e',
    '1E+9',
    '-0',
    '9007199254740992',
  ],
  ...['"type"', '"id"', '"room"', '"to"', '"data"', '"seen"', '"t\\u0079pe"', '"\\u0069d"', '"__proto__"'],
  ...[
    '"offer"',
    '"publish"',
    '"p\\u0075blish"',
    '"ack"',
    '"auth"',
    '"moderate"',
    '"lobby"',
    '"l\\u006fbby"',
    '"r"',
    '""',
    '/',
    '\u2028',
  ],
  ...['"type":"publish",', '"room":"r",', '"data":1,', ',"data":{}', ',"id":1', '\ufeff', '\u00a0', '\u0085'],
  ...[
    '['.repeat(31),
    ']'.repeat(31),
    '{"a":'.repeat(31),
    '}'.repeat(31),
    '\u007f',
    '\u0000',
    '\u001f',
    'é',
    '😀',
  ],
].map((text) => Buffer.from(text))

/** A token of JSON, roughly. */
const TOKEN = /"(?:[^"\\]|\\.)*"|[\w.+-]+|[{}[\]:,]/g

/** Bytes that UTF-8 never or seldom holds, and its lead and continuation bytes. */
const BYTES = [
  0x00, 0x1f, 0x20, 0x22, 0x5c, 0x7b, 0x7d, 0x7f, 0x80, 0x8f, 0x90, 0x9f, 0xa0, 0xbf, 0xc0, 0xc1, 0xc2, 0xdf,
  0xe0, 0xed, 0xef, 0xf0, 0xf4, 0xf5, 0xff,
]

/** Valid and invalid multi-byte sequences at the limits of RFC 3629. */
export const SEQUENCES = [
  ...[
    'c280',
    'dfbf',
    'e0a080',
    'ed9fbf',
    'ee8080',
    'efbfbf',
    'f0908080',
    'f48fbfbf',
    'c3a9',
    'e282ac',
    'f09f9880',
  ],
  ...[
    '80',
    'bf',
    'c080',
    'c1bf',
    'e09fbf',
    'eda080',
    'edbfbf',
    'f08fbfbf',
    'f4908080',
    'f5808080',
    'f8888080',
  ],
  ...['fe', 'ff', 'c3', 'e282', 'f09f98', 'c328', 'e2282c', 'f0288080', 'efbbbf', 'c285', 'e280a8'],
].map((hex) => Buffer.from(hex, 'hex'))

const character = fc.oneof(
  { weight: 8, arbitrary: fc.string({ unit: 'binary', minLength: 1, maxLength: 1 }) },
  fc.constantFrom('"', '\\', '/', '\n', '\u0000', '\u007f', '\u0085', '\u2028', 'é', '€', '😀', '\ud800'),
)
const text = fc.array(character, { maxLength: 24 }).map((all) => all.join(''))

/** The JSON of a string, with those of its letters needlessly escaped whose place modulo 8 is a bit of `escapes`. */
function written(value: string, escapes: number): string {
  const spell = (c: string) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`
  return JSON.stringify(value).replace(/[a-z]/g, (c, i: number) => ((escapes >> (i % 8)) & 1 ? spell(c) : c))
}

const mask = fc.oneof({ weight: 5, arbitrary: fc.constant(0) }, fc.integer({ min: 1, max: 255 }))
const oneOf = (values: readonly string[]) => fc.constantFrom(...values)
const spelled = (value: fc.Arbitrary<string>) =>
  fc.tuple(value, mask).map(([v, m]) => (v.includes('\\') ? JSON.stringify(v) : written(v, m)))

const sdp = `v=0\r\no=- 46117317 2 IN IP4 127.0.0.1\r\n${'a=rtpmap:111 opus/48000/2\r\n'.repeat(50)}`
const data = fc.oneof(
  fc.json({ maxDepth: 4 }),
  fc.constant(JSON.stringify({ type: 'offer', sdp })),
  fc.integer({ min: 28, max: 34 }).map((n) => `${'['.repeat(n)}${']'.repeat(n)}`),
  fc
    .integer({ min: 28, max: 34 })
    .map((n) => `${'{"":'.repeat(n)}"${sdp.replaceAll('\r\n', '\\r\\n')}"${'}'.repeat(n)}`),
)

const member = fc.oneof(
  fc.tuple(fc.constant('type'), spelled(oneOf(TYPES))),
  fc.tuple(fc.constant('id'), oneOf([...IDS, '3', '4', '5', '6', '7', '8', '9', '10', '11'])),
  fc.tuple(fc.constant('room'), spelled(fc.oneof(oneOf(ROOM_NAMES), text))),
  fc.tuple(fc.constant('to'), spelled(oneOf(IDS_OF_PEERS))),
  fc.tuple(fc.constant('data'), data),
  fc.tuple(fc.constant('seen'), oneOf(IDS)),
  fc.tuple(text, fc.json({ maxDepth: 2 })),
)

/** A whole hot message, or members in any order, twice or not at all. */
const members = fc.oneof(
  fc.tuple(
    fc.tuple(fc.constant('type'), spelled(oneOf(TYPES))),
    fc.tuple(fc.constant('room'), spelled(oneOf(['lobby', 'lobby', ...ROOM_NAMES]))),
    fc.tuple(fc.constant('to'), spelled(oneOf(IDS_OF_PEERS))),
    fc.tuple(fc.constant('data'), data),
  ),
  fc.array(member, { maxLength: 9 }),
)

const space = fc.constantFrom('', '', '', '', ' ', '\n', '\t\r\n ')

/** Envelopes, mostly valid JSON. */
export const envelope: fc.Arbitrary<Buffer> = fc
  .tuple(
    members,
    fc.oneof({ weight: 2, arbitrary: fc.constant([]) }, fc.array(member, { maxLength: 2 })),
    mask,
    space,
    fc.boolean(),
  )
  .map(([first, more, escapes, gap, reversed]) => {
    const all = [...first, ...more].map(
      ([key, value]) =>
        `${gap}${key.includes('\\') ? JSON.stringify(key) : written(key, escapes)}${gap}:${gap}${value}${gap}`,
    )
    if (reversed) all.reverse()
    return Buffer.from(`${gap}{${all.join(',')}}${gap}`)
  })

/** A corpus of envelopes, the same for the same seed. */
export function corpus(seed: number, size: number): Buffer[] {
  return fc.sample(envelope, { seed, numRuns: size })
}

/** A message with one to four things done to it. */
export function mutate(dice: Dice, seeds: readonly Buffer[]): Buffer {
  let bytes = dice.pick(seeds)
  for (let times = 1 + dice.roll(3) * dice.roll(2); times > 0; times--) bytes = mutateOnce(dice, bytes, seeds)
  return bytes
}

function mutateOnce(dice: Dice, bytes: Buffer, seeds: readonly Buffer[]): Buffer {
  const at = dice.roll(bytes.length + 1)
  const to = Math.min(bytes.length, at + 1 + dice.roll(8))
  const head = bytes.subarray(0, at)
  switch (dice.roll(12)) {
    case 0: {
      const flipped = Buffer.from(bytes)
      if (at < bytes.length) flipped[at]! ^= 1 << dice.roll(8)
      return flipped
    }
    case 1:
      return Buffer.concat([head, Buffer.of(dice.pick(BYTES)), bytes.subarray(at)])
    case 2:
      return Buffer.concat([head, bytes.subarray(to)])
    case 3:
      return Buffer.concat([head, dice.pick(TOKENS), bytes.subarray(at)])
    case 4:
      return Buffer.concat([head, dice.pick(TOKENS), bytes.subarray(to)])
    case 5:
      return Buffer.concat([head, dice.pick(SEQUENCES), bytes.subarray(at)])
    case 6: {
      // A slice twice.
      const from = dice.roll(at + 1)
      return Buffer.concat([head, bytes.subarray(from, at), bytes.subarray(at)])
    }
    case 7: {
      // The beginning of one and the end of another.
      const other = dice.pick(seeds)
      return Buffer.concat([head, other.subarray(dice.roll(other.length + 1))])
    }
    case 8:
      return Buffer.from(head)
    default: {
      // Another token where one was.
      const tokens = [...bytes.toString('latin1').matchAll(TOKEN)]
      if (tokens.length === 0) return bytes
      const { 0: old, index } = dice.pick(tokens)
      const others = [...dice.pick(seeds).toString('latin1').matchAll(TOKEN)].map(([token]) => token)
      const token =
        others.length > 0 && dice.roll(2) === 0 ? Buffer.from(dice.pick(others), 'latin1') : dice.pick(TOKENS)
      return Buffer.concat([bytes.subarray(0, index), token, bytes.subarray(index + old.length)])
    }
  }
}

/** Bytes at random, half of them from the alphabet of JSON. */
export function noise(dice: Dice): Buffer {
  const bytes = Buffer.alloc(dice.roll(48))
  const alphabet = dice.roll(2) === 0 ? Buffer.from('{}[]:,"\\ut0e1.-+ dfnrals') : undefined
  for (let i = 0; i < bytes.length; i++) bytes[i] = alphabet ? dice.pick(alphabet) : dice.roll(256)
  return bytes
}

/** A valid message of a length about the limit, in which one byte may be wrong. */
export function large(dice: Dice): Buffer {
  const envelope = Buffer.from('{"type":"publish","room":"lobby","data":""}')
  const length = 65_534 + dice.roll(4)
  const filler = Buffer.alloc(length - envelope.length, dice.roll(2) === 0 ? 'long ' : 'läng ')
  const message = Buffer.concat([envelope.subarray(0, -2), filler, envelope.subarray(-2)])
  if (dice.roll(2) === 0) message[dice.roll(message.length)] = dice.pick(BYTES)
  return message
}
