import * as assert from 'uvu/assert'
import { backendUrl } from '../../../core/http/backend-url.js'
import { suite } from '../../suite.js'

suite('backend-url', (test) => {
  test('https anywhere, http on this machine', () => {
    for (const url of [
      'https://id.example/keys',
      'http://127.0.0.1:8000/x',
      'http://127.1.2.3/',
      'http://localhost/',
      'http://[::1]:1/',
    ]) {
      assert.is(backendUrl('jwks', url).href, url)
    }
  })

  test('nothing else, under the name of the option', () => {
    for (const url of [
      'http://id.example/keys',
      'http://127.0.0.1.example/',
      'http://localhost.example/',
      'http://[::2]/',
      'file:///etc/passwd',
      'data:,x',
      'id.example/keys',
      '',
    ]) {
      assert.throws(
        () => backendUrl('jwks', url),
        (error: Error) => /^jwks: must be an https URL/.test(error.message),
        url,
      )
    }
  })
})
