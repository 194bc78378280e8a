import * as assert from 'uvu/assert'
import { allowList, originAllowed } from '../../../core/http/origin.js'
import { suite } from '../../suite.js'

const LIST = { allowed: allowList(['https://app.example', 'http://localhost:3000']), secure: false }
const EMPTY = { allowed: new Set<string>(), secure: false }
const HOST = 'signal.example:8080'

suite('origin', (test) => {
  test('no Origin is no browser and passes', () => {
    assert.ok(originAllowed(undefined, HOST, LIST))
    assert.ok(originAllowed(undefined, undefined, EMPTY))
  })

  test("the server's own host passes, with its port, under both schemes", () => {
    assert.ok(originAllowed(`http://${HOST}`, HOST, EMPTY))
    assert.ok(originAllowed(`https://${HOST}`, HOST, EMPTY))
    for (const origin of [
      'http://signal.example',
      'http://signal.example:8081',
      'http://signal.example:80800',
    ]) {
      assert.not(originAllowed(origin, HOST, EMPTY), origin)
    }
    assert.not(originAllowed('http://', undefined, EMPTY))
    assert.not(originAllowed('http://undefined', undefined, EMPTY))
  })

  test("under TLS, the server's own host is https only", () => {
    const own = { allowed: new Set<string>(), secure: true }
    assert.ok(originAllowed(`https://${HOST}`, HOST, own))
    assert.not(originAllowed(`http://${HOST}`, HOST, own))
  })

  test("a proxy may put the scheme's own port into the host, in any case", () => {
    assert.ok(originAllowed('https://signal.example', 'signal.example:443', EMPTY))
    assert.ok(originAllowed('http://signal.example', 'SIGNAL.example:80', EMPTY))
    assert.not(originAllowed('http://signal.example', 'signal.example:443', EMPTY))
  })

  test('a host that hides another one is nobody', () => {
    for (const host of ['app@evil.example', 'evil.example/', 'evil.example#', 'evil.example?', '', 'a b']) {
      assert.not(originAllowed('http://evil.example', host, EMPTY), host)
    }
  })

  test('a list entry that no browser would send is refused, with the one that it would', () => {
    const wrong = {
      'https://App.Example': 'https://app.example',
      'https://app.example:443': 'https://app.example',
      'http://app.example:80': 'http://app.example',
      'https://ä.example': 'https://xn--4ca.example',
    }
    for (const [origin, right] of Object.entries(wrong)) {
      assert.throws(
        () => allowList(['https://fine.example', origin]),
        (error: Error) => error.message === `origins[1]: is sent as ${right} by browsers; write that`,
      )
    }
    assert.throws(() => allowList(['https://']), /origins\[0\]: is no origin/)
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
