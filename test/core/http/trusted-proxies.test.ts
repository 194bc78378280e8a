import * as assert from 'uvu/assert'
import { TrustedProxies } from '../../../core/http/trusted-proxies.js'
import { suite } from '../../suite.js'

const proxies = new TrustedProxies(['10.0.0.0/8', '192.0.2.1', 'fd00::/8'])

suite('trusted-proxies', (test) => {
  test('without any, the socket is believed and nothing else', () => {
    const none = new TrustedProxies([])
    assert.is(none.addressOf('10.0.0.1', '198.51.100.7'), '10.0.0.1')
    assert.is(none.addressOf('::ffff:10.0.0.1', undefined), '10.0.0.1')
    assert.is(none.addressOf('', '198.51.100.7'), '')
  })

  test('the first hop from the right that is no proxy is the client', () => {
    for (const [socket, forwarded, client] of [
      ['10.0.0.1', '198.51.100.7', '198.51.100.7'],
      ['::ffff:10.0.0.1', '198.51.100.7', '198.51.100.7'],
      ['fd00::1', '198.51.100.7', '198.51.100.7'],
      ['10.0.0.1', '203.0.113.9, 198.51.100.7', '198.51.100.7'],
      ['10.0.0.1', 'rubbish, 203.0.113.9 ,198.51.100.7', '198.51.100.7'],
      ['10.0.0.1', '203.0.113.9, 198.51.100.7, 192.0.2.1,10.9.9.9', '198.51.100.7'],
      ['10.0.0.1', '10.1.1.1, 10.2.2.2', '10.1.1.1'],
      ['10.0.0.1', '2001:DB8:0::1', '2001:db8::1'],
      ['10.0.0.1', '::ffff:198.51.100.7', '198.51.100.7'],
      ['10.0.0.1', '198.51.100.7:4711', '198.51.100.7'],
      ['10.0.0.1', '[2001:db8::1]:4711', '2001:db8::1'],
      ['10.0.0.1', undefined, '10.0.0.1'],
    ] as const) {
      assert.is(proxies.addressOf(socket, forwarded), client, `${socket} ${forwarded}`)
    }
  })

  test('whoever is no proxy may say what it likes', () => {
    for (const socket of ['198.51.100.7', '192.0.2.2', '11.0.0.1', '::1']) {
      assert.is(proxies.addressOf(socket, '203.0.113.9'), socket)
    }
  })

  test('a hop that is no address: the address of the socket', () => {
    for (const forwarded of [
      '',
      'unknown',
      '_hidden',
      '198.51.100.7, ',
      '300.1.1.1',
      '198.51.100.7/8',
      '1.2.3.4:99x',
    ]) {
      assert.is(proxies.addressOf('10.0.0.1', forwarded), '10.0.0.1', forwarded)
    }
    assert.is(proxies.addressOf('10.0.0.1', '198.51.100.7, rubbish, 10.9.9.9'), '10.0.0.1')
  })

  test('a list that cannot be meant is refused, and says where', () => {
    for (const wrong of [
      '',
      'proxy.example',
      '10.0.0.0/33',
      'fd00::/129',
      '10.0.0.0/',
      '10.0.0/8',
      '10.0.0.0/8/8',
    ]) {
      assert.throws(
        () => new TrustedProxies(['10.0.0.1', wrong]),
        /^listen\.proxies\[1\]: must be an address/,
        wrong,
      )
    }
  })
})
