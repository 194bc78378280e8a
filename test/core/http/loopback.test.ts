import * as assert from 'uvu/assert'
import { isLoopback } from '../../../core/http/loopback.js'
import { suite } from '../../suite.js'

suite('loopback', (test) => {
  test('addresses that only this machine reaches', () => {
    for (const host of ['127.0.0.1', '127.1.2.3', '::1', 'localhost']) assert.ok(isLoopback(host), host)
  })

  test('everything else, and everything that only looks like it', () => {
    for (const host of [
      '0.0.0.0',
      '::',
      '10.0.0.1',
      '127.0.0.1.evil.example',
      '127.example',
      '127.1',
      'app.example',
      '',
    ]) {
      assert.not(isLoopback(host), host)
    }
  })
})
