import * as assert from 'uvu/assert'
import { isOwnName } from '../../../core/http/own-names.js'
import { suite } from '../../suite.js'

const NAMES = new Set(['signal.example'])

suite('own-names', (test) => {
  test('addresses, localhost and the names of the config', () => {
    for (const host of [
      undefined,
      '127.0.0.1',
      '127.0.0.1:8080',
      '192.0.2.1',
      '[::1]',
      '[2001:db8::1]:8080',
      'localhost',
      'LOCALHOST:3000',
      'app.localhost',
      'signal.example:8080',
    ]) {
      assert.ok(isOwnName(host, NAMES), host)
    }
  })

  test('nothing that only looks like them', () => {
    for (const host of [
      '',
      'evil.example',
      'signal.example.evil.example',
      'sub.signal.example',
      'evil-signal.example',
      'localhost.evil.example',
      'evillocalhost',
      '127.0.0.1.evil.example',
      '1.2.3.4.5',
      'localhost@evil.example',
      'evil.example#localhost',
      'evil.example/localhost',
      'local host',
      '[::1',
      '[evil]',
    ]) {
      assert.not(isOwnName(host, NAMES), host)
    }
  })
})
