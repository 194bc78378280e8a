import * as assert from 'uvu/assert'
import { originAllowed } from '../../core/origin.js'
import { suite } from '../suite.js'

const LIST = new Set(['https://app.example', 'http://localhost:3000'])
const HOST = 'signal.example:8080'

suite('origin', (test) => {
  test('no Origin is no browser and passes', () => {
    assert.ok(originAllowed(undefined, HOST, LIST))
    assert.ok(originAllowed(undefined, undefined, new Set()))
  })

  test("the server's own host passes, with its port, under both schemes", () => {
    assert.ok(originAllowed(`http://${HOST}`, HOST, new Set()))
    assert.ok(originAllowed(`https://${HOST}`, HOST, new Set()))
    for (const origin of [
      'http://signal.example',
      'http://signal.example:8081',
      'http://signal.example:80800',
    ]) {
      assert.not(originAllowed(origin, HOST, new Set()), origin)
    }
    assert.not(originAllowed('http://', undefined, new Set()))
    assert.not(originAllowed('http://undefined', undefined, new Set()))
  })

  test('what stands on the list passes, letter for letter', () => {
    assert.ok(originAllowed('https://app.example', HOST, LIST))
    assert.ok(originAllowed('http://localhost:3000', HOST, LIST))
  })

  test('nothing that only looks like it does', () => {
    for (const origin of [
      'null',
      '',
      'https://app.example.evil.example',
      'https://evil-app.example',
      'https://evil.example/https://app.example',
      'https://app.example@evil.example',
      'https://app.example:443',
      'https://app.example/',
      'http://app.example',
      'HTTPS://APP.EXAMPLE',
      'https://sub.app.example',
      'http://localhost:3001',
      'http://localhost',
      'file://',
      'chrome-extension://abc',
      `ftp://${HOST}`,
    ]) {
      assert.not(originAllowed(origin, HOST, LIST), origin)
    }
  })
})
