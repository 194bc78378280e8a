import * as assert from 'uvu/assert'
import { createEngine } from '../../../core/engine/create.js'
import type { Engine } from '../../../core/engine/engine.js'
import { errorOfVerdict } from '../../../core/errors.js'
import { KINDS } from '../../../core/protocol.js'
import { ENGINES, suite } from '../../suite.js'
import { frameOf } from './compare.js'
import { GONE_ID, GUEST, GUEST_ID, idOf, populate, ROOM_NAMES, STALE_ID } from './world.js'

/** A verdict by its name: a kind, a code, or `E_FIELD` and the field. */
function judge(engine: Engine, message: string | Uint8Array, sender = 0): string {
  const verdict = engine.ingest(sender, typeof message === 'string' ? Buffer.from(message) : message)
  if (verdict >= 0) return Object.entries(KINDS).find(([, kind]) => kind === verdict)![0]
  const code = errorOfVerdict(verdict)
  return code === 'E_FIELD' ? `E_FIELD ${engine.field}` : code
}

const bytes = (before: string, hex: string, after: string) =>
  Buffer.concat([Buffer.from(before), Buffer.from(hex, 'hex'), Buffer.from(after)])
const nested = (levels: number) => `{"type":"bye","x":${'['.repeat(levels - 1)}${']'.repeat(levels - 1)}}`
const escaped = (text: string) =>
  [...text].map((c) => `\\u${c.charCodeAt(0).toString(16).padStart(4, '0')}`).join('')
const to = idOf(1)
const offer = (fields: string) => `{"type":"offer",${fields}}`

const TABLES: Record<string, readonly (readonly [message: string | Uint8Array, verdict: string])[]> = {
  'size, then UTF-8, outrank everything': [
    [Buffer.alloc(65_537, 0xff), 'E_TOO_LARGE'],
    [Buffer.alloc(65_536, 0xff), 'E_UTF8'],
    [`{"type":"bye"}${' '.repeat(65_536 - 14)}`, 'bye'],
    [`{"type":"bye"}${' '.repeat(65_537 - 14)}`, 'E_TOO_LARGE'],
    [bytes('nonsense', 'ff', ''), 'E_UTF8'],
    [bytes(`${'['.repeat(40)}`, 'c3', ''), 'E_UTF8'],
    [bytes('{"type":"bye"}', '80', ''), 'E_UTF8'],
    ...[
      '80',
      'c080',
      'c1bf',
      'c2',
      'e09fbf',
      'eda080',
      'edbfbf',
      'e282',
      'f08fbfbf',
      'f4908080',
      'f5808080',
      'f09f98',
    ].map((hex) => [bytes('{"type":"bye","x":"', hex, '"}'), 'E_UTF8'] as const),
    ...['c280', 'dfbf', 'e0a080', 'ed9fbf', 'ee8080', 'efbfbf', 'f0908080', 'f48fbfbf'].map(
      (hex) => [bytes('{"type":"bye","x":"', hex, '"}'), 'bye'] as const,
    ),
  ],
  'JSON as RFC 8259 has it': [
    ...[
      '',
      ' ',
      '\ufeff{"type":"bye"}',
      '{"type":"bye"}x',
      '{"type":"bye"}{}',
      '{"type":"bye"}\0',
      '{',
      '{"type"',
      '}',
    ].map((text) => [text, 'E_JSON'] as const),
    ...[
      '{"type":"bye",}',
      '{,}',
      "{'type':1}",
      '{type:1}',
      '{"type" "bye"}',
      '{"a":1 "b":2}',
      '[1,]',
      '[,1]',
      '[1 2]',
    ].map((text) => [text, 'E_JSON'] as const),
    ...[
      '01',
      '1.',
      '.5',
      '+1',
      '-',
      '1e',
      '1e+',
      '0x1',
      'NaN',
      'tru',
      'nulL',
      'truee',
      '"\t"',
      '"\\x"',
      '"\\u12g4"',
    ].map((value) => [`{"type":"bye","x":${value}}`, 'E_JSON'] as const),
    ...['"', '"\\', '"\\u', '"\\u00', '"\\"', 't', '-', '[', '{"'].map(
      (value) => [`{"type":"bye","x":${value}`, 'E_JSON'] as const,
    ),
    ...[
      '0',
      '-0',
      '1.5e-7',
      '1E+9',
      'true',
      'false',
      'null',
      '""',
      '"\\"\\\\\\/\\b\\f\\n\\r\\t\\u00Af"',
      '[ ]',
      '{ }',
    ].map((value) => [`{"type":"bye","x":${value}}`, 'bye'] as const),
    ['{"type":"bye","x":"\\ud800"}', 'bye'],
    ['\t\r\n {\t"type"\r:\n"bye" } \n', 'bye'],
    ['{"type":"bye","x":"\u007f\u0085\u2028"}', 'bye'],
    ['{"type":"bye"}\u00a0', 'E_JSON'],
  ],
  'nesting, and what comes first': [
    [nested(32), 'bye'],
    [nested(33), 'E_NESTING'],
    ['['.repeat(32), 'E_JSON'],
    ['['.repeat(33), 'E_NESTING'],
    [`${'['.repeat(32)}${']'.repeat(32)}`, 'E_ENVELOPE'],
    [`!${'['.repeat(33)}`, 'E_JSON'],
    [`{"x":${'['.repeat(33)}!`, 'E_NESTING'],
    [`{"x":"${'['.repeat(40)}","type":"bye"}`, 'bye'],
    [`{"x":[${'[],'.repeat(40)}[]],"type":"bye"}`, 'bye'],
  ],
  'the envelope is an object': [
    ...['[]', '[{"type":"bye"}]', '1', '"type"', 'null', 'true', ' {} '].map(
      (text) => [text, text === ' {} ' ? 'E_TYPE' : 'E_ENVELOPE'] as const,
    ),
  ],
  type: [
    ...[
      '1',
      'null',
      '["bye"]',
      '{"type":"bye"}',
      '""',
      '"Bye"',
      '"bye "',
      '"welcome"',
      '"constructor"',
      '"__proto__"',
    ].map((type) => [`{"type":${type}}`, 'E_TYPE'] as const),
    ['{"type":"b\\u0079e"}', 'bye'],
    [`{"type":"${escaped('bye')}"}`, 'bye'],
    ['{"type":"bye\\u0000"}', 'E_TYPE'],
    ['{"type":"by\\ud800"}', 'E_TYPE'],
    ['{"__proto__":{"type":"bye"}}', 'E_TYPE'],
    ['{"Type":"bye"}', 'E_TYPE'],
    ...Object.keys(KINDS).map((name) => {
      const all = `"room":"lobby","to":"${to}","data":0,"seen":0`
      return [`{"type":"${name}",${all}}`, name] as const
    }),
  ],
  'keys: escapes, and the last duplicate wins': [
    [`{"${escaped('type')}":"bye"}`, 'bye'],
    ['{"t\\u0079pe":"bye"}', 'bye'],
    ['{"type":"bye","type":"nonsense"}', 'E_TYPE'],
    ['{"type":"nonsense","typ\\u0065":"bye"}', 'bye'],
    ['{"type":"bye","t\\u0079pe":1}', 'E_TYPE'],
    ['{"type":"bye","id":0,"i\\u0064":7}', 'bye'],
    ['{"type":"bye","type\\u0000":1,"ty":2,"types":3,"id\\u0000":0,"":4,"\\"id":0}', 'bye'],
  ],
  id: [
    ...[
      '0',
      '-1',
      '-0',
      '1.0',
      '1e2',
      '9007199254740992',
      '99999999999999999999',
      '"1"',
      'null',
      '[1]',
      'true',
    ].map((id) => [`{"type":"bye","id":${id}}`, 'E_FIELD id'] as const),
    ...['1', '2', '9007199254740991'].map((id) => [`{"type":"bye","id":${id}}`, 'bye'] as const),
    ['{"type":"bye","id":01}', 'E_JSON'],
    ['{"id":0}', 'E_TYPE'],
    ['{"type":"join","id":0}', 'E_FIELD id'],
  ],
  room: [
    ['{"type":"join"}', 'E_FIELD room'],
    ['{"type":"join","room":1}', 'E_FIELD room'],
    ['{"type":"join","room":["lobby"]}', 'E_FIELD room'],
    ['{"type":"join","room":""}', 'E_ROOM_NAME'],
    [`{"type":"join","room":"${'x'.repeat(128)}"}`, 'join'],
    [`{"type":"join","room":"${'x'.repeat(129)}"}`, 'E_ROOM_NAME'],
    [`{"type":"join","room":"${'\\u0078'.repeat(128)}"}`, 'join'],
    [`{"type":"join","room":"${'\\u0078'.repeat(129)}"}`, 'E_ROOM_NAME'],
    [`{"type":"join","room":"${'é'.repeat(64)}"}`, 'join'],
    [`{"type":"join","room":"${'é'.repeat(64)}x"}`, 'E_ROOM_NAME'],
    [`{"type":"join","room":"${'\\ud83d\\ude00'.repeat(32)}"}`, 'join'],
    [`{"type":"join","room":"${'\\ud83d\\ude00'.repeat(32)}x"}`, 'E_ROOM_NAME'],
    [`{"type":"join","room":"${'x'.repeat(125)}\\ud83d\\ude00"}`, 'E_ROOM_NAME'],
    ...[
      '\\u0000',
      '\\n',
      '\\u001f',
      '\u007f',
      '\\u007f',
      '\u0080',
      '\u009f',
      '\\u0085',
      '\\ud800',
      '\\udc00',
    ].map((c) => [`{"type":"join","room":"a${c}b"}`, 'E_ROOM_NAME'] as const),
    ...['\\ud83d\\ud83d\\ude00', '\\ude00\\ud83d', '\\ud83dx', '\\ud83d\\n', '\\ud83d\\u0041'].map(
      (c) => [`{"type":"join","room":"${c}"}`, 'E_ROOM_NAME'] as const,
    ),
    ...['\u00a0', '\\u00a0', '\u2028', '\\/', '\\"', '\\\\', '\ufeff', '\uffff', '__proto__'].map(
      (c) => [`{"type":"join","room":"${c}"}`, 'join'] as const,
    ),
  ],
  'to and data': [
    [offer('"room":"lobby","data":1'), 'E_FIELD to'],
    [offer('"room":"lobby","to":7,"data":1'), 'E_FIELD to'],
    [offer('"room":"lobby"'), 'E_FIELD to'],
    [offer('"room":"nowhere","to":""'), 'E_FIELD data'],
    [offer(`"room":"lobby","to":"${to}"`), 'E_FIELD data'],
    [offer(`"room":"lobby","to":"${to}","data":null`), 'offer'],
    ['{"type":"update","room":"lobby"}', 'E_FIELD data'],
    ['{"type":"stats","room":"lobby"}', 'E_FIELD data'],
    ['{"type":"publish","room":"lobby"}', 'E_FIELD data'],
    ['{"type":"leave","room":"lobby"}', 'leave'],
    ['{"type":"auth"}', 'E_FIELD data'],
    ['{"type":"auth","room":7,"data":{"token":"x"}}', 'auth'],
    [`{"type":"${escaped('auth')}","data":null}`, 'auth'],
    ['{"type":"moderate","data":{}}', 'E_FIELD room'],
    ['{"type":"moderate","room":"lobby"}', 'E_FIELD data'],
    ['{"type":"moderate","room":"nowhere","data":{}}', 'moderate'],
    [`{"type":"${escaped('moderate')}","room":"lobby","data":{}}`, 'moderate'],
    ['{"type":"moderatf","room":"lobby","data":{}}', 'E_TYPE'],
    ['{"type":"moderate\\u0000","room":"lobby","data":{}}', 'E_TYPE'],
  ],
  'ack and seen': [
    ['{"type":"ack"}', 'E_FIELD seen'],
    ...['-1', '1.0', '"0"', 'null', '9007199254740992'].map(
      (seen) => [`{"type":"ack","seen":${seen}}`, 'E_FIELD seen'] as const,
    ),
    ...['0', '1', '9007199254740991'].map((seen) => [`{"type":"ack","seen":${seen}}`, 'ack'] as const),
  ],
  recipients: [
    [offer(`"room":"nowhere","to":"${to}","data":1`), 'E_NOT_JOINED'],
    [offer(`"room":"Lobby","to":"${to}","data":1`), 'E_NOT_JOINED'],
    [offer(`"room":"l${escaped('obby')}","to":"${to}","data":1`), 'offer'],
    [offer(`"room":"lobby","to":"${escaped(to)}","data":1`), 'offer'],
    [offer(`"room":"lobby","to":"${to.slice(0, 15)}${escaped(to.slice(15))}","data":1`), 'offer'],
    ...[
      '',
      'x',
      to.slice(1),
      `${to}A`,
      `${to.slice(0, 15)}\\n`,
      '?'.repeat(16),
      `${to.slice(0, 15)}+`,
      `/${to.slice(1)}`,
      `${to.slice(0, 7)}=${to.slice(8)}`,
      'é'.repeat(8),
      '\\ud800'.repeat(16),
    ].map((id) => [offer(`"room":"lobby","to":"${id}","data":1`), 'E_NO_PEER'] as const),
    [offer(`"room":"lobby","to":"${idOf(0)}","data":1`), 'E_NO_PEER'],
    [offer(`"room":"lobby","to":"${escaped(idOf(0))}","data":1`), 'E_NO_PEER'],
    [offer(`"room":"r","to":"${idOf(131_071)}","data":1`), 'offer'],
  ],
}

for (const name of ENGINES) {
  suite(`verdicts, ${name}`, (test) => {
    const engine = createEngine(name)
    populate(engine)

    for (const [title, rows] of Object.entries(TABLES)) {
      test(title, () => {
        for (const [message, verdict] of rows) {
          assert.is(judge(engine, message), verdict, message.toString().slice(0, 200))
        }
      })
    }

    test('rights', () => {
      const directed = offer(`"room":"lobby","to":"${to}","data":1`)
      const published = '{"type":"publish","room":"lobby","data":1}'
      assert.is(judge(engine, directed, 63), 'offer')
      assert.is(judge(engine, published, 63), 'E_FORBIDDEN')
      assert.is(judge(engine, directed, 64), 'E_FORBIDDEN')
      assert.is(judge(engine, published, 64), 'publish')
      assert.is(judge(engine, directed, 4096), 'E_FORBIDDEN')
      assert.is(judge(engine, published, 4096), 'E_FORBIDDEN')
      // Who may not signal isn't told who is there.
      assert.is(judge(engine, offer('"room":"lobby","to":"x","data":1'), 64), 'E_FORBIDDEN')
    })

    test('whoever is no member here may be one elsewhere: accepted for nobody, and `to` says who is meant', () => {
      const strangers = [STALE_ID, GONE_ID, GUEST_ID, idOf(131_071), idOf(200_000), '_'.repeat(16)]
      for (const id of [...strangers, '0123456789-_azAZ']) {
        for (const spelled of [id, escaped(id), `${id.slice(0, 9)}${escaped(id.slice(9))}`]) {
          for (const type of ['offer', 'answer', 'candidate', 'signal']) {
            const message = `{"type":"${type}","id":7,"room":"lobby","to":"${spelled}","data":"hello"}`
            assert.is(judge(engine, message), type)
            assert.equal([engine.recipientCount, engine.to, engine.id], [0, id, 7])
            assert.equal([engine.room, engine.roomName], [0, 'lobby'])
            assert.match(frameOf(engine).toString('latin1'), `"from":"${idOf(0)}","data":"hello"}`)
          }
        }
      }
      // A member of another room is as absent as nobody.
      assert.is(judge(engine, offer(`"room":"r","to":"${to}","data":1`)), 'offer')
      assert.equal([engine.recipientCount, engine.to], [0, to])
      assert.is(judge(engine, offer(`"room":"lobby","to":"${to}","data":1`)), 'offer')
      assert.equal([engine.recipientCount, engine.recipients[0], engine.to], [1, 1, to])
    })

    test('a guest, whose id points to the slot of another, sends under its own id and is no recipient of it', () => {
      assert.is(judge(engine, offer(`"room":"lobby","to":"${to}","data":1`), GUEST), 'offer')
      assert.match(frameOf(engine).toString('latin1'), `"from":"${GUEST_ID}"`)
      assert.is(judge(engine, offer(`"room":"lobby","to":"${GUEST_ID}","data":1`), GUEST), 'E_NO_PEER')
      assert.is(judge(engine, '{"type":"publish","room":"lobby","data":1}'), 'publish')
      assert.ok(engine.recipients.subarray(0, engine.recipientCount).includes(GUEST))
    })

    test('id is reported from rule 5 on, and never outlives its message', () => {
      const idAfter = (message: string) => {
        engine.ingest(0, Buffer.from(message))
        return engine.id
      }
      assert.is(idAfter('{"type":"bye","id":9007199254740991}'), 9_007_199_254_740_991)
      assert.is(idAfter('{"type":"bye"}'), 0)
      assert.is(idAfter('{"type":"?","id":12}'), 12)
      assert.is(idAfter('{"type":"join","id":13}'), 13)
      assert.is(idAfter('{"type":"publish","id":14,"room":"nowhere","data":0}'), 14)
      assert.is(idAfter('{"type":"bye","id":15'), 0)
      assert.is(idAfter('{"type":"bye","id":1.5}'), 0)
      assert.is(idAfter('[{"id":1}]'), 0)
      assert.is(idAfter('{"type":"bye","id":16}'), 16)
      engine.ingest(0, Buffer.alloc(65_537))
      assert.is(engine.id, 0)
    })

    test('seen, room name and the span of data', () => {
      engine.ingest(0, Buffer.from('{"type":"ack","seen":42}'))
      assert.is(engine.seen, 42)
      const message = Buffer.from(
        '{"é":1,"data" :  {"a" : [ 1 ] } ,"type":"join","room":"\\u00e9\\ud83d\\ude00\\""}',
      )
      assert.is(judge(engine, message), 'join')
      assert.is(message.toString('utf8', engine.dataStart, engine.dataEnd), '{"a" : [ 1 ] }')
      assert.is(engine.roomName, 'é😀"')
      assert.is(judge(engine, '{"type":"join","room":"plain"}'), 'join')
      assert.equal([engine.dataStart, engine.dataEnd, engine.roomName], [0, 0, 'plain'])
    })

    test('the caller may use its bytes again at once', () => {
      const message = Buffer.from('{"type":"publish","room":"lobby","data":"mine"}')
      assert.is(judge(engine, message), 'publish')
      message.fill(0x58)
      assert.is(engine.roomName, 'lobby')
      assert.match(frameOf(engine).toString('latin1'), '"data":"mine"}')
    })

    test('peers and rooms outside the tables are refused', () => {
      assert.throws(() => engine.addPeer(131_072, idOf(131_072)), RangeError)
      assert.throws(() => engine.addPeer(-1, idOf(1)), RangeError)
      assert.throws(() => engine.addPeer(9, 'nobody'), RangeError)
      assert.throws(() => engine.addPeer(9, '?'.repeat(16)), RangeError)
      assert.throws(() => engine.addRoom(131_072, 'x'), RangeError)
      assert.throws(() => engine.addRoom(9, ''), RangeError)
      assert.throws(() => engine.addRoom(9, 'x'.repeat(129)), RangeError)
    })

    test('every room of the world can be published to', () => {
      for (const [room, text] of ROOM_NAMES.entries()) {
        assert.is(judge(engine, JSON.stringify({ type: 'publish', room: text, data: 1 })), 'publish')
        assert.is(engine.room, room)
        assert.is(engine.roomName, text)
      }
    })
  })
}
