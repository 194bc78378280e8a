import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { files, read } from './source-tree.js'

const BINARY = /\.(png|jpg|ico|wasm)$/

/** What belongs to one machine, or to nobody: assembled here, so that this file doesn't find itself. */
const FOREIGN: readonly [name: string, pattern: RegExp][] = [
  ['a path of a machine', new RegExp(['/wo', 'rk/|/ho', 'me/[a-z]+/|/Use', 'rs/|/ro', 'ot/'].join(''))],
  ['work left undone', new RegExp(`\\b(${['TO', 'DO|FIX', 'ME|X', 'XX|HA', 'CK'].join('')})\\b`)],
  ['a merge left open', /^(<{7} |>{7} )/m],
]
/** Tests may show what must never be shown. */
const SHOWN: Readonly<Record<string, string>> = { 'test/core/http/admin.test.ts': 'a path of a machine' }

suite('guard/hygiene', (test) => {
  test('no file names a machine, a private address, or work left undone', () => {
    const found: string[] = []
    for (const path of files()) {
      if (BINARY.test(path) || path === 'package-lock.json') continue
      const text = read(path)
      for (const [name, pattern] of FOREIGN) {
        if (pattern.test(text) && SHOWN[path] !== name)
          found.push(`${path}: ${name}: ${pattern.exec(text)![0]}`)
      }
    }
    assert.equal(found, [])
  })

  test('the lock file names no registry', () => {
    const { packages } = JSON.parse(read('package-lock.json')) as {
      packages: Record<string, { resolved?: string }>
    }
    assert.ok(Object.keys(packages).length > 10)
    assert.equal(
      Object.entries(packages).filter(([, { resolved }]) => resolved?.includes('://')),
      [],
    )
  })

  test('the lock file knows every platform: npm ci refuses one that was made where some cannot be had', () => {
    type Locked = { optionalDependencies?: Record<string, string> }
    const { packages } = JSON.parse(read('package-lock.json')) as { packages: Record<string, Locked> }
    const missing = Object.values(packages)
      .flatMap(({ optionalDependencies = {} }) => Object.keys(optionalDependencies))
      .filter((name) => packages[`node_modules/${name}`] === undefined)
    assert.equal(missing, [])
  })

  test('source files are named in kebab-case and hold less than 300 lines', () => {
    for (const path of files()) {
      if (!/^(core|plugins|client|assembly)\/.*\.ts$/.test(path)) continue
      assert.match(path, /^[a-z0-9/-]+\.ts$/)
      const lines = read(path).split('\n').length
      assert.ok(lines <= 300, `${path}: ${lines} lines`)
    }
  })

  test('exports have names, except that of a plugin', () => {
    for (const path of files()) {
      if (!/^(core|plugins|client)\/.*\.ts$/.test(path)) continue
      const exported = /^export default (.*)$/m.exec(read(path))?.[1]
      if (exported !== undefined)
        assert.match(`${path} ${exported}`, /^plugins\/[a-z]+\/[a-z-]+\.ts definePlugin\(/)
    }
  })
})
