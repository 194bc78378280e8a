import * as assert from 'uvu/assert'
import { addressesOf } from '../../../core/http/addresses.js'
import { suite } from '../../suite.js'

const REACH = {
  secure: false,
  host: '127.0.0.1',
  port: 80,
  admin: { host: '127.0.0.1', port: 81 },
  hasPage: true,
  clientPaths: ['/signal', '/calls'],
  operatorPaths: ['/metrics'],
}

suite('addresses', (test) => {
  test('are URLs of what is served', () => {
    assert.equal(addressesOf(REACH), {
      url: 'http://127.0.0.1:80',
      adminUrl: 'http://127.0.0.1:81',
      page: 'http://127.0.0.1:80/',
      clients: ['ws://127.0.0.1:80/signal', 'ws://127.0.0.1:80/calls'],
      operators: ['http://127.0.0.1:81/metrics'],
    })
  })

  test('over TLS, at an IPv6 address, without a page and operators', () => {
    assert.equal(addressesOf({ ...REACH, secure: true, host: '::1', hasPage: false, admin: undefined }), {
      url: 'https://[::1]:80',
      adminUrl: undefined,
      page: undefined,
      clients: ['wss://[::1]:80/signal', 'wss://[::1]:80/calls'],
      operators: [],
    })
  })
})
