/**
 * What the 301 cases of the Autobahn test suite that need no compression ask of a server, by its section numbers. It
 * is written for servers that echo; here a text is published, and another member of the room must hear it.
 */

import { clientFrame, closing, fragment, framed, MASK } from './client-frames.js'

export interface AutobahnCase {
  readonly id: string
  readonly send: Buffer
  /** Bytes are sent so many at a time; absent: at once. */
  readonly chop?: number
  /** What the sender gets back: `pong …`, `error CODE`, `close CODE`. */
  readonly answers: readonly string[]
  /** What the other member hears. */
  readonly heard: readonly string[]
}

const BEFORE = '{"type":"publish","room":"a","data":"'
const AFTER = '"}'
const AROUND = BEFORE.length + AFTER.length

/** A message whose data is these bytes. */
const say = (data: string | Uint8Array): Buffer =>
  Buffer.concat([Buffer.from(BEFORE), Buffer.from(data as string), Buffer.from(AFTER)])
const hello = framed(1, say('Hello'))
const ping = framed(9, 'after')

/** A message in frames whose payloads are `size` bytes long, and what `between` makes stands between them. */
function fragmented(
  opcode: number,
  message: Uint8Array,
  size: number,
  between: readonly Buffer[] = [],
): Buffer {
  const frames: Buffer[] = []
  for (let at = 0; at < message.length; at += size) {
    const part = message.subarray(at, at + size)
    const isLast = at + size >= message.length
    if (at > 0 && between.length > 0) frames.push(between[(at / size - 1) % between.length]!)
    frames.push(isLast ? framed(at === 0 ? opcode : 0, part) : fragment(at === 0 ? opcode : 0, part))
  }
  return Buffer.concat(frames)
}

const CASES: AutobahnCase[] = []

/** Numbers the cases of a group: `1.1` and the next number. */
function group(prefix: string): (send: Buffer | readonly Buffer[], expected: Partial<AutobahnCase>) => void {
  let number = 0
  return (send, expected) => {
    const bytes = Buffer.isBuffer(send) ? send : Buffer.concat(send as Buffer[])
    CASES.push({ id: `${prefix}.${++number}`, answers: [], heard: [], ...expected, send: bytes })
  }
}

const BROKEN = { answers: ['close 1002'] }
const NOT_UTF8 = { answers: ['close 1007'] }
const TOO_BIG = { answers: ['close 1009'] }
const NO_BINARY = { answers: ['error E_BINARY', 'close 1003'] }
const NO_JSON = { answers: ['error E_JSON'] }
const HELLO = { heard: ['Hello'] }

// 1: framing of texts and binaries of many lengths.
{
  const texts = group('1.1')
  const binaries = group('1.2')
  for (const [length, chop] of [
    [0],
    [125],
    [126],
    [127],
    [128],
    [65_535],
    [65_536],
    [65_536, 997],
  ] as const) {
    const data = '*'.repeat(Math.max(0, length - AROUND))
    const pieces = chop === undefined ? {} : { chop }
    texts(framed(1, length === 0 ? '' : say(data)), length === 0 ? NO_JSON : { heard: [data], ...pieces })
    binaries(framed(2, Buffer.alloc(length, 0xfe)), { ...NO_BINARY, ...pieces })
  }
}

// 2: pings and pongs.
{
  const add = group('2')
  const bytes = Buffer.of(0, 0xff, 0xfe, 0xfd, 0xfc, 0xfb, 0, 0xff)
  const pong = (payload: string | Buffer) => `pong ${Buffer.from(payload as string).toString('latin1')}`
  const long = Buffer.alloc(125, 0xfe)
  const ten = Array.from({ length: 10 }, (_, i) => `payload-${i}`)
  add(framed(9), { answers: [pong('')] })
  add(framed(9, 'Hello, world!'), { answers: [pong('Hello, world!')] })
  add(framed(9, bytes), { answers: [pong(bytes)] })
  add(framed(9, long), { answers: [pong(long)] })
  add(clientFrame({ first: 0x89, payload: Buffer.alloc(126, 0xfe), mask: MASK }), BROKEN)
  add(framed(9, long), { answers: [pong(long)], chop: 1 })
  add(framed(10), {})
  add(framed(10, 'unsolicited'), {})
  add([framed(10, 'unsolicited'), framed(9, 'ping')], { answers: [pong('ping')] })
  for (const chop of [{}, { chop: 1 }]) {
    add(
      ten.map((payload) => framed(9, payload)),
      { answers: ten.map(pong), ...chop },
    )
  }
}

// 3: reserved bits. 4: reserved opcodes.
{
  const odd = (first: number, payload = '') =>
    clientFrame({ first, payload: Buffer.from(payload), mask: MASK })
  const third = group('3')
  third(odd(0xc1, 'x'), BROKEN)
  for (const [chop, bits] of [
    [{}, 0xa1],
    [{ chop: 7 }, 0xb1],
    [{ chop: 1 }, 0xc1],
  ] as const) {
    third([hello, odd(bits, 'x'), ping], { ...HELLO, ...BROKEN, ...chop })
  }
  for (const first of [0xd2, 0xe9, 0xf8]) third(odd(first, first === 0xf8 ? '' : 'x'), BROKEN)
  for (const [prefix, lowest] of [
    ['4.1', 3],
    ['4.2', 11],
  ] as const) {
    const fourth = group(prefix)
    fourth(odd(0x80 | lowest), BROKEN)
    fourth(odd(0x80 | (lowest + 1), 'reserved'), BROKEN)
    fourth([hello, odd(0x80 | (lowest + 2)), ping], { ...HELLO, ...BROKEN })
    fourth([hello, odd(0x80 | (lowest + 3), 'reserved'), ping], { ...HELLO, ...BROKEN })
    fourth([hello, odd(0x80 | (lowest + 4), 'reserved'), ping], { ...HELLO, ...BROKEN, chop: 1 })
  }
}

// 5: fragments.
{
  const add = group('5')
  const message = say('Hello')
  const half = Math.ceil(message.length / 2)
  const [first, second] = [fragment(1, message.subarray(0, half)), framed(0, message.subarray(half))]
  const pinged = { answers: ['pong inside'], ...HELLO }
  const chops = [{}, { chop: 11 }, { chop: 1 }]
  add([fragment(9, 'a'), framed(0, 'b')], BROKEN)
  add([fragment(10, 'a'), framed(0, 'b')], BROKEN)
  for (const chop of chops) add([first, second], { ...HELLO, ...chop })
  for (const chop of chops) add([first, framed(9, 'inside'), second], { ...pinged, ...chop })
  for (const orphan of [framed(0, 'orphan'), fragment(0, 'orphan')]) {
    for (const chop of chops) add([orphan, hello], { ...BROKEN, ...chop })
  }
  add([first, second, fragment(0, 'orphan'), hello], { ...HELLO, ...BROKEN })
  for (const orphan of [fragment(0, 'orphan'), framed(0, 'orphan')])
    add([orphan, hello, orphan, hello], BROKEN)
  add([first, framed(1, message)], BROKEN)
  const five = fragmented(1, message, Math.ceil(message.length / 5), [framed(9, '1'), framed(9, '2')])
  const pongs = ['pong 1', 'pong 2', 'pong 1', 'pong 2']
  for (const chop of [{}, { chop: 1 }]) add(five, { answers: pongs, ...HELLO, ...chop })
}

// 6: UTF-8.
{
  const bytes = (hex: string) => Buffer.from(hex.replaceAll(' ', ''), 'hex')
  const good = (add: ReturnType<typeof group>, text: string) => add(framed(1, say(text)), { heard: [text] })
  const bad = (add: ReturnType<typeof group>, hex: string) => add(framed(1, say(bytes(hex))), NOT_UTF8)
  const point = (...codes: number[]) => String.fromCodePoint(...codes)
  const kosme = bytes('cebae1bdb9cf83cebcceb5').toString()
  const mixed = 'Hello-µ@ßöäüàá-UTF-8!!'
  const broken = bytes('cebae1bdb9cf83cebcceb5eda080656469746564')

  const empty = group('6.1')
  empty(framed(1), NO_JSON)
  empty([fragment(1), fragment(0), framed(0)], NO_JSON)
  empty([fragment(1), fragment(0, say('middle')), framed(0)], { heard: ['middle'] })
  const valid = group('6.2')
  valid(framed(1, say(mixed)), { heard: [mixed] })
  valid(fragmented(1, say(mixed), Math.ceil(say(mixed).length / 2)), { heard: [mixed] })
  valid(fragmented(1, say(mixed), 1), { heard: [mixed] })
  valid(fragmented(1, say(kosme), 1), { heard: [kosme] })
  const invalid = group('6.3')
  invalid(framed(1, say(broken)), NOT_UTF8)
  invalid(fragmented(1, say(broken), 1), NOT_UTF8)
  // Where a server may fail early it may also wait for the message's end, as ws does.
  const early = group('6.4')
  const parts = [
    say(bytes('cebae1bdb9cf83cebcceb5 f4908080 656469746564')),
    say(bytes('cebae1bdb9cf83cebcceb5 f490')),
  ]
  for (const message of parts) {
    for (const at of [BEFORE.length + 11, BEFORE.length + 12]) {
      early([fragment(1, message.subarray(0, at)), fragment(0, message.subarray(at)), framed(0)], NOT_UTF8)
    }
  }
  const some = group('6.5')
  for (const text of [kosme, 'Ωmega', 'ελληνικά', '日本語', '🦊']) good(some, text)
  const prefixes = group('6.6')
  for (let length = 1; length <= 11; length++) {
    const prefix = Buffer.from(kosme).subarray(0, length)
    const isWhole = [2, 5, 7, 9, 11].includes(length)
    prefixes(framed(1, say(prefix)), isWhole ? { heard: [prefix.toString()] } : NOT_UTF8)
  }
  const firsts = group('6.7')
  firsts(framed(1, say(Buffer.of(0))), NO_JSON) // UTF-8, and no JSON
  for (const code of [0x80, 0x800, 0x10000]) good(firsts, point(code))
  const tooLong = group('6.8')
  for (const hex of ['f8 88 80 80 80', 'fc 84 80 80 80 80']) bad(tooLong, hex)
  const lasts = group('6.9')
  for (const code of [0x7f, 0x7ff, 0xffff, 0x10ffff]) good(lasts, point(code))
  const beyond = group('6.10')
  for (const hex of ['f7 bf bf bf', 'fb bf bf bf bf', 'fd bf bf bf bf bf']) bad(beyond, hex)
  const bounds = group('6.11')
  for (const code of [0xd7ff, 0xe000, 0xfffd, 0x10ffff]) good(bounds, point(code))
  bad(bounds, 'f4 90 80 80')
  const stray = group('6.12')
  bad(stray, '80')
  bad(stray, 'bf')
  for (let count = 2; count <= 6; count++) bad(stray, '80bf'.repeat(3).slice(0, 2 * count))
  bad(stray, Array.from({ length: 64 }, (_, i) => (0x80 + i).toString(16)).join(''))
  const lonely = group('6.13')
  for (const [from, to] of [
    [0xc0, 0xdf],
    [0xe0, 0xef],
    [0xf0, 0xf7],
    [0xf8, 0xfb],
    [0xfc, 0xfd],
  ] as const) {
    bad(lonely, Array.from({ length: to - from + 1 }, (_, i) => `${(from + i).toString(16)}20`).join(''))
  }
  const cut = [
    'c0',
    'e080',
    'f08080',
    'f8808080',
    'fc80808080',
    'df',
    'efbf',
    'f7bfbf',
    'fbbfbfbf',
    'fdbfbfbfbf',
  ]
  const missing = group('6.14')
  for (const hex of cut) bad(missing, hex)
  bad(group('6.15'), cut.join(''))
  const never = group('6.16')
  for (const hex of ['fe', 'ff', 'fe fe ff ff']) bad(never, hex)
  const overlong = group('6.17')
  for (const hex of ['c0af', 'e080af', 'f08080af', 'f8808080af', 'fc80808080af']) bad(overlong, hex)
  const longest = group('6.18')
  for (const hex of ['c1bf', 'e09fbf', 'f08fbfbf', 'f887bfbfbf', 'fc83bfbfbfbf']) bad(longest, hex)
  const nul = group('6.19')
  for (const hex of ['c080', 'e08080', 'f0808080', 'f880808080', 'fc8080808080']) bad(nul, hex)
  const surrogates = group('6.20')
  for (const hex of ['eda080', 'edadbf', 'edae80', 'edafbf', 'edb080', 'edbe80', 'edbfbf'])
    bad(surrogates, hex)
  const pairs = group('6.21')
  for (const high of ['eda080', 'edadbf', 'edae80', 'edafbf']) {
    for (const low of ['edb080', 'edbfbf']) bad(pairs, high + low)
  }
  const nonCharacters = group('6.22')
  for (let plane = 0; plane <= 16; plane++) {
    for (const code of [0xfffe, 0xffff]) good(nonCharacters, point(plane * 0x10000 + code))
  }
  const specials = group('6.23')
  for (const code of [0xfff9, 0xfffa, 0xfffb, 0xfffc, 0xfffd, 0xfffe, 0xffff]) good(specials, point(code))
}

// 7: closing.
{
  const closed = (code: number) => ({ answers: [`close ${code}`] })
  const normal = framed(8, closing(1000))
  const simple = group('7.1')
  simple([hello, normal], { ...HELLO, ...closed(1000) })
  simple([normal, normal], closed(1000))
  simple([normal, ping], closed(1000))
  simple([normal, hello], closed(1000))
  simple([fragment(1, say('x').subarray(0, 5)), normal, framed(0, say('x').subarray(5))], closed(1000))
  simple([framed(1, Buffer.alloc(100_000, '*')), normal, ping], TOO_BIG)
  const payloads = group('7.3')
  payloads(framed(8), closed(1005))
  payloads(framed(8, 'x'), BROKEN)
  payloads(normal, closed(1000))
  payloads(framed(8, closing(1000, 'Hello')), closed(1000))
  payloads(framed(8, closing(1000, '*'.repeat(123))), closed(1000))
  payloads(framed(8, closing(1000, '*'.repeat(124))), BROKEN)
  group('7.5')(framed(8, closing(1000, Buffer.from('cebae1bdb9cf83eda080', 'hex'))), NOT_UTF8)
  const allowed = group('7.7')
  for (const code of [1000, 1001, 1002, 1003, 1007, 1008, 1009, 1010, 1011, 3000, 3999, 4000, 4999]) {
    allowed(framed(8, closing(code)), closed(code))
  }
  const forbidden = group('7.9')
  for (const code of [0, 999, 1004, 1005, 1006, 1016, 1100, 2000, 2999])
    forbidden(framed(8, closing(code)), BROKEN)
  const undefinedCodes = group('7.13')
  for (const code of [5000, 65_535]) undefinedCodes(framed(8, closing(code)), BROKEN)
}

// 9: size and number. Ours is 64 KiB, so most of them are too big, whatever they are made of.
{
  const LIMIT = 65_536
  /** The beginning of a frame that claims `length` bytes. */
  const claim = (opcode: number, length: number) =>
    clientFrame({
      first: 0x80 | opcode,
      payload: Buffer.alloc(64),
      mask: MASK,
      claim: BigInt(length),
      width: 8,
    })
  const atLimit = say('*'.repeat(LIMIT - AROUND))
  const relayed = { heard: ['*'.repeat(LIMIT - AROUND)] }
  for (const [prefix, opcode] of [
    ['9.1', 1],
    ['9.2', 2],
  ] as const) {
    const add = group(prefix)
    add(framed(opcode, atLimit), opcode === 1 ? relayed : NO_BINARY)
    for (const length of [262_144, 1 << 20, 1 << 22, 1 << 23, 1 << 24]) add(claim(opcode, length), TOO_BIG)
  }
  for (const [prefix, opcode] of [
    ['9.3', 1],
    ['9.4', 2],
  ] as const) {
    const add = group(prefix)
    for (const size of [64, 256, 1024, 4096, 16_384, 65_536])
      add(fragmented(opcode, Buffer.alloc(LIMIT + size, '*'), size), TOO_BIG)
    for (const size of [262_144, 1 << 20, 1 << 22]) add(claim(opcode, size), TOO_BIG)
  }
  for (const [prefix, opcode] of [
    ['9.5', 1],
    ['9.6', 2],
  ] as const) {
    const add = group(prefix)
    for (const chop of [64, 128, 256, 512, 1024, 2048]) {
      add(framed(opcode, atLimit), { ...(opcode === 1 ? relayed : NO_BINARY), chop })
    }
  }
  for (const [prefix, opcode] of [
    ['9.7', 1],
    ['9.8', 2],
  ] as const) {
    const add = group(prefix)
    for (const size of [0, 16, 64, 256, 1024, 4096]) {
      const data = '*'.repeat(size)
      const frame = framed(opcode, say(data))
      add(Array<Buffer>(200).fill(frame), opcode === 1 ? { heard: Array<string>(200).fill(data) } : NO_BINARY)
    }
  }
}

// 10: a message that a client's library has cut.
{
  const data = '*'.repeat(65_536 - AROUND)
  group('10.1')(fragmented(1, say(data), 1300), { heard: [data] })
}

/** In the order of the suite. */
export const AUTOBAHN_CASES: readonly AutobahnCase[] = CASES
