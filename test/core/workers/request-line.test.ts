import * as assert from 'uvu/assert'
import { INCOMPLETE, roomOf } from '../../../core/workers/request-line.js'
import { suite } from '../../suite.js'

const room = (line: string) => roomOf(Buffer.from(`${line}\r\nHost: x\r\n\r\n`, 'latin1'))

suite('workers/request-line', (test) => {
  test('the room is what the query says, as the server behind will read it', () => {
    assert.is(room('GET /signal?room=kitchen HTTP/1.1'), 'kitchen')
    assert.is(room('GET /signal?data=1&room=a%20b+c&room=second HTTP/1.1'), 'a b c')
    assert.is(room('GET /signal?%72oom=caf%C3%A9 HTTP/1.1'), 'café')
    assert.is(room('GET /signal?room= HTTP/1.1'), '')
    assert.is(room('GET http://example.org/signal?room=absolute HTTP/1.1'), 'absolute')
    assert.is(room('GET /signal?room=x#room=y HTTP/1.1'), 'x')
    assert.is(room('\r\n\r\nGET /signal?room=late HTTP/1.1'), 'late')
  })

  test('whoever names none has none, and so has what is not HTTP', () => {
    for (const line of [
      'GET / HTTP/1.1',
      'GET /signal?rooms=x HTTP/1.1',
      'GET /?x=room=y HTTP/1.1',
      'GET //[?room=x HTTP/1.1',
      'GET',
      '\u0016\u0003\u0001 room=x',
      '',
    ]) {
      assert.is(line === '' ? roomOf(Buffer.from('x\n')) : room(line), undefined, line)
    }
  })

  test('every beginning of a line is incomplete, and what follows it means nothing', () => {
    const line = 'GET /signal?room=kitchen HTTP/1.1\r\n'
    for (let length = 0; length < line.length; length++) {
      assert.is(roomOf(Buffer.from(line.slice(0, length))), INCOMPLETE, `${length}`)
    }
    assert.is(roomOf(Buffer.from(`${line}X: ?room=other\r\n\r\n\u0081\u0082`, 'latin1')), 'kitchen')
  })
})
