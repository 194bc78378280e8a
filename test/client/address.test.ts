import * as assert from 'uvu/assert'
import { joiningUrl, offeredProtocols, socketUrl } from '../../client/address.js'
import { suite } from '../suite.js'

suite('client address', (test) => {
  test('http becomes ws, https becomes wss', () => {
    assert.is(socketUrl('http://a.example/signal').href, 'ws://a.example/signal')
    assert.is(socketUrl('https://a.example/signal#x').href, 'wss://a.example/signal')
    assert.is(socketUrl('wss://a.example/signal?x=1').href, 'wss://a.example/signal?x=1')
  })

  test('what is no WebSocket URL is refused by code', () => {
    for (const url of ['ftp://a.example', 'not a url', '']) {
      assert.throws(
        () => socketUrl(url),
        (error: { code: string }) => error.code === 'E_SETUP',
      )
    }
  })

  test('room and metadata survive the URL', () => {
    const data = { name: 'Åda & co', tags: ['#1', '?'] }
    const url = new URL(joiningUrl(socketUrl('ws://a.example/signal'), 'küche/2', data)!)
    assert.is(url.searchParams.get('room'), 'küche/2')
    assert.equal(JSON.parse(url.searchParams.get('data')!), data)
    assert.is(url.pathname, '/signal')
  })

  test('metadata too long for a URL is left to a join message', () => {
    assert.is(joiningUrl(socketUrl('ws://a.example/signal'), 'kitchen', 'x'.repeat(4_000)), undefined)
  })

  test('a token of any characters travels base64url', () => {
    assert.equal(offeredProtocols(undefined), ['signalbox.v1'])
    const [, offered] = offeredProtocols('ÿ~~?>>ü token')
    assert.match(offered!, /^signalbox\.token\.[\w-]+$/)
    const encoded = offered!.slice('signalbox.token.'.length)
    assert.is(Buffer.from(encoded, 'base64url').toString(), 'ÿ~~?>>ü token')
  })
})
