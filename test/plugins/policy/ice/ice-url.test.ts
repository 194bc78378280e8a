import * as assert from 'uvu/assert'
import { isIceUrl, isTurnUrl } from '../../../../plugins/policy/ice/ice-url.js'
import { suite } from '../../../suite.js'

suite('policy/ice/ice-url', (test) => {
  test('takes what RFC 7064 and RFC 7065 allow', () => {
    for (const url of [
      'stun:example.org',
      'stuns:example.org:8000',
      'stun:192.0.2.1',
      'stun:[2001:db8::1]:3478',
      'turn:example.org',
      'turns:example.org:443?transport=tcp',
      'turn:[2001:db8::1]?transport=udp',
      'TURN:EXAMPLE.ORG',
    ]) {
      assert.ok(isIceUrl(url), url)
    }
  })

  test('refuses what a browser would refuse', () => {
    for (const url of [
      '',
      'stun:',
      'stun://example.org',
      'turn://user:pass@example.org',
      'turn:user@example.org',
      'stun:example.org?transport=udp',
      'turn:example.org?transport=sctp',
      'turn:example.org:0',
      'turn:example.org:65536',
      'turn:example.org:',
      'turn:exam ple.org',
      'turn:2001:db8::1',
      ' stun:example.org',
      'stun:example.org\n',
      'http://example.org',
    ]) {
      assert.not.ok(isIceUrl(url), JSON.stringify(url))
    }
  })

  test('knows which need credentials', () => {
    assert.equal(['stun:a', 'stuns:a', 'turn:a', 'turns:a', 'TURNS:a'].map(isTurnUrl), [
      false,
      false,
      true,
      true,
      true,
    ])
  })
})
