import * as assert from 'uvu/assert'
import { createEngine } from '../../../core/engine/create.js'
import { FIRST_HOT_KIND, KINDS } from '../../../core/protocol.js'
import { ENGINES, suite } from '../../suite.js'
import { frameOf as lastFrame } from './compare.js'
import { idOf, populate, ROOM_NAMES } from './world.js'

/** Reads a frame by RFC 6455 section 5.2. */
function parse(frame: Buffer): { headerBytes: number; payload: string } {
  assert.is(frame[0], 0x81, 'a final text frame')
  const short = frame[1]!
  assert.is(short & 0x80, 0, 'unmasked')
  const headerBytes = short < 126 ? 2 : short === 126 ? 4 : 10
  const length =
    short < 126 ? short : short === 126 ? frame.readUInt16BE(2) : Number(frame.readBigUInt64BE(2))
  assert.is(frame.length, headerBytes + length)
  return { headerBytes, payload: frame.toString('utf8', headerBytes) }
}

for (const name of ENGINES) {
  suite(`frames, ${name}`, (test) => {
    const engine = createEngine(name)
    populate(engine)

    /** The frame of a publish to the lobby whose payload is to be so long. */
    const frameOf = (payloadBytes: number) => {
      const around = `{"type":"publish","room":"lobby","from":"${idOf(0)}","data":""}`
      const data = JSON.stringify('d'.repeat(payloadBytes - around.length))
      assert.is(
        engine.ingest(0, Buffer.from(`{"type":"publish","room":"lobby","data":${data}}`)),
        KINDS.publish,
      )
      const { headerBytes, payload } = parse(lastFrame(engine))
      assert.is(payload, `{"type":"publish","room":"lobby","from":"${idOf(0)}","data":${data}}`)
      return headerBytes
    }

    test('the length is written in as few bytes as RFC 6455 demands', () => {
      assert.is(frameOf(125), 2)
      assert.is(frameOf(126), 4)
      assert.is(frameOf(127), 4)
      assert.is(frameOf(4096), 4)
      assert.is(frameOf(65_535), 4)
      assert.is(frameOf(65_536), 10)
      assert.is(frameOf(65_537), 10)
    })

    test('the longest message becomes the longest frame', () => {
      engine.addPeer(77, idOf(77))
      engine.addRoom(77, '"'.repeat(128))
      engine.join(77, 77, 3)
      engine.join(0, 77, 3)
      const [before, after] = [
        `{"data":"`,
        `","type":"candidate","to":"${idOf(0)}","room":${JSON.stringify('"'.repeat(128))}}`,
      ]
      const message = before + 'x'.repeat(65_536 - before.length - after.length) + after
      assert.is(engine.ingest(77, Buffer.from(message)), KINDS.candidate)
      const { payload } = parse(lastFrame(engine))
      assert.equal(JSON.parse(payload), {
        type: 'candidate',
        room: '"'.repeat(128),
        from: idOf(77),
        data: JSON.parse(message).data,
      })
      engine.leave(0, 77)
      engine.leave(77, 77)
      engine.removeRoom(77)
      engine.removePeer(77)
    })

    test('every hot kind, every room name, data byte for byte', () => {
      const data = ' [ 1.50, "\\u0041\\/", {"__proto__" : null} ]'
      for (const [type, kind] of Object.entries(KINDS)) {
        if (kind < FIRST_HOT_KIND) continue
        for (const [number, room] of ROOM_NAMES.entries()) {
          const to = number === 0 ? idOf(1) : idOf(131_071)
          const message = `{"data":${data} ,"type":"${type}","from":"spoofed","room":${JSON.stringify(room)},"to":"${to}"}`
          assert.is(engine.ingest(0, Buffer.from(message)), kind)
          const expected = `{"type":"${type}","room":${JSON.stringify(room)},"from":"${idOf(0)}","data":${data.trim()}}`
          assert.is(parse(lastFrame(engine)).payload, expected)
        }
      }
    })

    test('each frame is its own', () => {
      engine.ingest(0, Buffer.from('{"type":"publish","room":"lobby","data":"first"}'))
      const first = lastFrame(engine)
      const again = lastFrame(engine)
      const copy = Buffer.from(first)
      assert.equal(again, first)
      again.fill(0)
      assert.equal(lastFrame(engine), copy)
      engine.ingest(1, Buffer.from('{"type":"publish","room":"lobby","data":"other"}'))
      lastFrame(engine).fill(0)
      assert.equal(first, copy)
    })
  })
}
