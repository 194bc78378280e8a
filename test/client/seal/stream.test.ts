import * as assert from 'uvu/assert'
import { bytesFrom, bytesOf, nonce, RoomSecret } from '../../../client/seal/room-secret.js'
import { boxIn, ReceivingStream, SendingStream } from '../../../client/seal/stream.js'
import { suite } from '../../suite.js'

const label = { room: 'kitchen', from: 'ada', to: 'bob' }
const keyOf = async (salt = new Uint8Array(16)) =>
  (await RoomSecret.from('sixteen letters!')).derive(salt, ['direct', 'kitchen'])

suite('sealed stream', (test) => {
  test('numbers never come twice, however many are sealed at once', async () => {
    const stream = new SendingStream(await keyOf(), label)
    const sealed = await Promise.all(Array.from({ length: 500 }, () => stream.seal('signal', 'x')))
    assert.equal(
      sealed.map(({ n }) => n),
      Array.from({ length: 500 }, (_, n) => n),
    )
    assert.is(new Set(sealed.map(({ box }) => box)).size, 500)
    assert.equal(stream.position, { n: 500, skipped: 0 })
  })

  test('what was skipped is not missed; what is missing is told once', async () => {
    const key = await keyOf()
    const [sender, receiver] = [new SendingStream(key, label), new ReceivingStream(key, label)]
    const missing: number[] = []
    for (const fate of [
      'sent',
      'lost',
      'lost',
      'sent',
      'skipped',
      'sent',
      'lost',
      'skipped',
      'sent',
      'sent',
    ]) {
      const box = await sender.seal('signal', null)
      if (fate === 'skipped') sender.skip()
      if (fate !== 'sent') continue
      const opened = await receiver.open('signal', box)
      if (opened.outcome === 'opened') missing.push(opened.missing)
    }
    assert.equal(missing, [0, 2, 0, 1, 0])
  })

  test('before its base a receiver misses nothing, behind it everything', async () => {
    const key = await keyOf()
    const sender = new SendingStream(key, label)
    const boxes = []
    for (let i = 0; i < 8; i++) boxes.push(await sender.seal('publish', i))
    const receiver = new ReceivingStream(key, label, { n: 4, skipped: 0 })
    const outcomes = []
    for (const n of [1, 3, 5, 7]) outcomes.push(await receiver.open('publish', boxes[n]!))
    assert.equal(
      outcomes.map((opened) => opened.outcome === 'opened' && opened.missing),
      [0, 0, 1, 1],
    )
    assert.is((await receiver.open('publish', boxes[6]!)).outcome, 'replayed')
  })

  test('another salt is another key', async () => {
    const box = await new SendingStream(await keyOf(nonce()), label).seal('signal', 'x')
    assert.is((await new ReceivingStream(await keyOf(nonce()), label).open('signal', box)).outcome, 'forged')
  })

  test('what is no box is none', () => {
    for (const data of [
      undefined,
      null,
      'x',
      [],
      {},
      { n: 1 },
      { n: -1, box: '' },
      { n: 2 ** 53, box: '' },
      { n: 0, box: 1 },
    ])
      assert.is(boxIn(data as never), undefined)
    assert.equal(boxIn({ n: 3, box: 'AA' }), { n: 3, box: 'AA' })
  })

  test('different lists are different bytes', () => {
    const texts = [['a', 'b'], ['a,b'], ['ab'], ['a', 'b', null], ['a', 'b', 0], ['"a","b"']].map((parts) =>
      new TextDecoder().decode(bytesOf(parts)),
    )
    assert.is(new Set(texts).size, texts.length)
  })

  test('base64url and nothing else', () => {
    assert.equal(bytesFrom('AAEC'), Uint8Array.of(0, 1, 2))
    assert.equal(bytesFrom('-_8'), Uint8Array.of(0xfb, 0xff))
    for (const text of ['A', 'AA==', 'A A', '+/8', 7, null])
      assert.is(bytesFrom(text), undefined, String(text))
    assert.is(bytesFrom('AAEC', 4), undefined)
  })
})
