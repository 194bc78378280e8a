import * as assert from 'uvu/assert'
import { isRoomName } from '../../core/room-name.js'
import { suite } from '../suite.js'

suite('room-name', (test) => {
  test('1 to 128 bytes of UTF-8, not characters', () => {
    assert.not(isRoomName(''))
    assert.ok(isRoomName('a'))
    assert.ok(isRoomName('x'.repeat(128)))
    assert.not(isRoomName('x'.repeat(129)))
    assert.ok(isRoomName('é'.repeat(64)))
    assert.not(isRoomName(`${'é'.repeat(64)}x`))
    assert.ok(isRoomName('😀'.repeat(32)))
    assert.not(isRoomName(`${'😀'.repeat(32)}x`))
  })

  test('every control character (Unicode Cc) is refused, its neighbours are not', () => {
    for (let code = 0; code <= 0xa0; code++) {
      const control = code < 0x20 || (code >= 0x7f && code <= 0x9f)
      assert.is(isRoomName(`a${String.fromCharCode(code)}b`), !control, `U+${code.toString(16)}`)
    }
    for (const name of ['a\u2028b', '\u200b', '\ufeff', '\ufffd', '"\\/', '日本語']) {
      assert.ok(isRoomName(name), JSON.stringify(name))
    }
  })

  test('lone surrogates are refused, pairs are not', () => {
    for (const name of ['\ud800', '\udfff', 'a\ud83d', '\ude00a', '\ude00\ud83d']) {
      assert.not(isRoomName(name), JSON.stringify(name))
    }
    assert.ok(isRoomName('\ud83d\ude00'))
  })
})
