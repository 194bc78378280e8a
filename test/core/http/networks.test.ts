import * as assert from 'uvu/assert'
import { addressKey, Networks, plainAddress } from '../../../core/http/networks.js'
import { suite } from '../../suite.js'

suite('networks', (test) => {
  test('an address is in a network or not, whatever version it wears', () => {
    const networks = new Networks(['10.0.0.0/8', '192.0.2.7', '2001:db8::/32', '::1'], 'allow')
    for (const inside of ['10.255.0.1', '::ffff:10.0.0.1', '192.0.2.7', '2001:db8:1::5', '::1']) {
      assert.ok(networks.has(inside), inside)
    }
    for (const outside of [
      '11.0.0.1',
      '192.0.2.8',
      '2001:db9::1',
      '::2',
      '',
      'localhost',
      '10.0.0',
      '10.0.0.1x',
    ]) {
      assert.not(networks.has(outside), outside)
    }
    assert.is(networks.size, 4)
    assert.not(new Networks([], 'allow').has('10.0.0.1'))
  })

  test('what is no network is refused with its place', () => {
    for (const wrong of [
      '',
      'all',
      '10.0.0.0/33',
      '::/129',
      '10.0.0/8',
      '10.0.0.0/',
      '10.0.0.0/8/8',
      '1.2.3.4/-1',
    ]) {
      assert.throws(
        () => new Networks(['::1', wrong], 'allow'),
        /^allow\[1\]: must be an address or a network/,
        wrong,
      )
    }
  })

  test('IPv4 counts by address, IPv6 by what one customer has', () => {
    for (const [address, key] of [
      ['192.0.2.7', '192.0.2.7'],
      ['::ffff:192.0.2.7', '192.0.2.7'],
      ['::FFFF:192.0.2.7', '192.0.2.7'],
      ['2001:db8:1:2:3:4:5:6', '2001:db8:1:2::/64'],
      ['2001:0DB8:0001:0002::9', '2001:db8:1:2::/64'],
      ['2001:db8::1', '2001:db8:0:0::/64'],
      ['::1', '0:0:0:0::/64'],
      ['::', '0:0:0:0::/64'],
      ['fe80::1%eth0', 'fe80:0:0:0::/64'],
      ['64:ff9b::192.0.2.33', '64:ff9b:0:0::/64'],
      ['1:2:3:4:5:6:192.0.2.33', '1:2:3:4::/64'],
      ['1::2:3:4:5:6:7', '1:0:2:3::/64'],
      ['', ''],
      ['unix', 'unix'],
    ] as const) {
      assert.is(addressKey(address), key, address)
    }
    assert.is(plainAddress('::ffff:10.0.0.1'), '10.0.0.1')
    assert.is(plainAddress('::ffff:a00:1'), '::ffff:a00:1')
  })
})
