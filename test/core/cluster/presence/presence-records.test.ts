import * as assert from 'uvu/assert'
import type { Link } from '../../../../core/cluster/links/link.js'
import * as records from '../../../../core/cluster/presence/presence-records.js'
import { Share } from '../../../../core/cluster/presence/share.js'
import { RecordReader } from '../../../../core/cluster/wire/record-reader.js'
import { RecordWriter } from '../../../../core/cluster/wire/record-writer.js'
import { BadRecord } from '../../../../core/cluster/wire/records.js'
import { configSchema } from '../../../../core/config/schema.js'
import { textFrame } from '../../../../core/egress/text-frame.js'
import { Room } from '../../../../core/rooms/room.js'
import { RoomRules } from '../../../../core/rooms/room-rules.js'
import { suite } from '../../../suite.js'

const writer = new RecordWriter()
const ID = 'AAA-_aaaaaaaaaa9'
const PRINCIPAL = 'abcdefghijklmnop'
const reader = (bytes: Uint8Array | readonly number[]) => new RecordReader(Buffer.from(bytes))
const behindNumber = (bytes: Buffer, number: number) => {
  const body = reader(bytes)
  assert.is(body.u32(), number)
  return body
}
const isBad = (read: () => unknown, what: string) =>
  assert.throws(read, (error: unknown) => error instanceof BadRecord, what)
const member = { id: ID, data: '{"é":[1]}', stamp: 2 ** 40, principal: PRINCIPAL, away: true }

suite('presence-records', (test) => {
  test('everything is read as it was written', () => {
    const room = new Room('küche 🍲', 3, new RoomRules([], 9).of('x'))
    room.door = 'lobby'
    room.doorStamp = 77
    const sync = records.readSync(reader(records.writeSync(writer, new Share({} as Link, room, 5))))
    assert.equal(sync, { number: 5, door: { door: 'lobby', stamp: 77 }, name: 'küche 🍲' })
    for (const one of [member, { ...member, principal: '', away: false, data: 'null' }]) {
      assert.equal(records.readJoin(behindNumber(records.writeJoin(writer, 5, one), 5)), one)
    }
    assert.is(records.readId(behindNumber(records.writeLeave(writer, 6, ID), 6)), ID)
    const update = behindNumber(records.writeUpdate(writer, 7, member), 7)
    assert.equal([records.readId(update), records.readData(update)], [ID, member.data])
    const away = behindNumber(records.writeAway(writer, 8, member), 8)
    assert.equal([records.readId(away), away.u8(), away.left], [ID, 1, 0])
    const door = { door: 'locked', stamp: 9 } as const
    assert.equal(records.readDoor(behindNumber(records.writeDoor(writer, 9, door), 9)), door)
    assert.is(records.readName(reader(records.writeName(writer, 'r'))), 'r')
    assert.is(behindNumber(records.writeNumber(writer, 10), 10).left, 0)
  })

  test('metadata may be as long as any config allows it to be', () => {
    assert.is(
      records.MAX_METADATA_BYTES,
      (configSchema.properties.limits.properties.metadataBytes as { maximum?: number }).maximum,
    )
  })

  test('metadata that is too long, no JSON, more than one value or no UTF-8 is bad', () => {
    const { MAX_METADATA_BYTES: max } = records
    assert.is(records.readData(reader(Buffer.from(`"${'x'.repeat(max - 2)}"`))).length, max)
    isBad(() => records.readData(reader(Buffer.from(`"${'x'.repeat(max - 1)}"`))), 'too long')
    for (const text of ['', '{', '1,2', '1}', '{"a":1},"polite":true']) {
      isBad(() => records.readData(reader(Buffer.from(text))), text)
    }
    isBad(() => records.readData(reader(Buffer.from([0x22, 0xff, 0x22]))), 'UTF-8')
  })

  test('a name that no room can have is bad', () => {
    for (const name of ['', 'a\u0000', '\u0085', 'é'.repeat(65)]) {
      isBad(() => records.readName(reader(Buffer.from(name))), name)
    }
    assert.is(records.readName(reader(Buffer.from('x'.repeat(128)))).length, 128)
  })

  test('doors and flags that there are none of are bad', () => {
    isBad(() => records.readDoor(reader([3, 0, 0, 0, 0, 0, 0])), 'door')
    const join = Buffer.from(records.writeJoin(writer, 1, member))
    join[4 + 12 + 6] = 4
    isBad(() => records.readJoin(behindNumber(join, 1)), 'flags')
  })

  test('only a whole, unmasked, final text frame around one object is a frame', () => {
    for (const length of [2, 125, 126, 127, 65_535, 65_536, 70_000]) {
      const frame = textFrame(`{${' '.repeat(length - 2)}}`)
      assert.equal(records.readFrame(reader(frame)).length, frame.length)
      for (const bad of [frame.subarray(0, -1), Buffer.concat([frame, Buffer.from('}')])]) {
        isBad(() => records.readFrame(reader(bad)), `length ${length}`)
      }
      for (const first of [0x01, 0x82, 0x88, 0xc1]) {
        const other = Buffer.from(frame)
        other[0] = first
        isBad(() => records.readFrame(reader(other)), `first byte ${first}`)
      }
    }
    for (const bad of ['', '1', '[1]', '{"a":1', 'x}'])
      isBad(() => records.readFrame(reader(textFrame(bad))), bad)
    isBad(() => records.readFrame(reader([0x81, 3, 0x7b, 0xff, 0x7d])), 'UTF-8')
    isBad(() => records.readFrame(reader([0x81, 0x82, 0, 0, 0, 0, 0x7b, 0x7d])), 'masked')
    isBad(() => records.readFrame(reader([0x81, 127, 255, 255, 255, 255, 255, 255, 255, 255])), '2^64')
    for (const short of [[], [0x81], [0x81, 126], [0x81, 126, 0], [0x81, 127, 0, 0]]) {
      isBad(() => records.readFrame(reader(Uint8Array.from(short))), `${short}`)
    }
  })

  test('every truncation of a record is bad, or metadata and names that are shorter', () => {
    const join = Buffer.from(records.writeJoin(writer, 1, { ...member, data: '"xyz"' }))
    for (let length = 4; length < join.length; length++) {
      isBad(() => records.readJoin(behindNumber(join.subarray(0, length), 1)), `${length} bytes`)
    }
  })
})
