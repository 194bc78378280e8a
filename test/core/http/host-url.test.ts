import * as assert from 'uvu/assert'
import { hostUrl } from '../../../core/http/host-url.js'
import { suite } from '../../suite.js'

suite('host-url', (test) => {
  test('as a browser understands it', () => {
    assert.is(hostUrl('https', 'Signal.Example:443')?.origin, 'https://signal.example')
    assert.is(hostUrl('http', 'signal.example:8080')?.origin, 'http://signal.example:8080')
    assert.is(hostUrl('http', '[2001:DB8::1]:80')?.hostname, '[2001:db8::1]')
  })

  test('what could hide another host is none', () => {
    for (const host of [
      undefined,
      '',
      'a@b',
      'a/b',
      'a?b',
      'a#b',
      'a b',
      'a\\b',
      'a%00b',
      'a:b',
      'ä.example',
    ])
      assert.is(hostUrl('http', host), undefined, host)
  })
})
