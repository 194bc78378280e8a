import { readFileSync } from 'node:fs'
import { createContext, runInContext } from 'node:vm'
import { gzipSync } from 'node:zlib'
import * as assert from 'uvu/assert'
import { suite } from '../suite.js'

const built = (file: string) => readFileSync(new URL(`../../client/${file}`, import.meta.url), 'utf8')

suite('client bundle', (test) => {
  test('the library weighs less than 12 KB gzipped, in either form', () => {
    for (const file of ['signalbox.js', 'signalbox.mjs']) {
      const bytes = gzipSync(built(file), { level: 9 }).length
      assert.ok(bytes < 12 * 1024, `${file}: ${bytes} bytes`)
    }
  })

  test('a script tag gets one global, with the public door behind it', () => {
    const page = createContext({ URL, TextEncoder })
    runInContext(built('signalbox.js'), page)
    const names = Object.keys(runInContext('({ ...Signalbox })', page))
    assert.equal(names.sort(), ['Moderation', 'Peer', 'Room', 'Session', 'SignalboxError', 'connect'])
  })

  test('the module exports the same, and imports nothing', async () => {
    const source = built('signalbox.mjs')
    assert.not.match(source, /\bimport\b/)
    const url = new URL('../../client/signalbox.mjs', import.meta.url).href
    const names = Object.keys(await import(url))
    assert.equal(names.sort(), ['Moderation', 'Peer', 'Room', 'Session', 'SignalboxError', 'connect'])
  })

  test('sealing stands beside it, small, and throws the errors of the library', async () => {
    assert.ok(gzipSync(built('signalbox-seal.mjs'), { level: 9 }).length < 6 * 1024)
    assert.not.match(built('signalbox.mjs'), /HKDF/)
    const from = (file: string) => import(new URL(`../../client/${file}`, import.meta.url).href)
    const { SignalboxError } = await from('signalbox.mjs')
    const { createSeal, createSecret, createIdentity, ...more } = await from('signalbox-seal.mjs')
    assert.equal(Object.keys(more).sort(), ['identityOf', 'knownKeys', 'trustOnFirstUse'])
    assert.instance(await createSeal('short').catch((error: unknown) => error), SignalboxError)
    assert.ok(await createSeal(createSecret(), { identity: await createIdentity('ada') }))
  })

  test('the page keeps to its strict policy: no script, style or handler in its HTML', () => {
    const html = built('page/index.html')
    assert.not.match(html, /<script(?![^>]*\ssrc=)/)
    assert.not.match(html, /<style|\sstyle=|\son[a-z]+=/)
    for (const [, target] of html.matchAll(/(?:src|href)="([^"]+)"/g))
      assert.match(target!, /^(\/|#|data:image)/)
  })
})
