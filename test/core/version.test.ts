import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { VERSION } from '../../core/version.js'
import { suite } from '../suite.js'

suite('version', (test) => {
  test("is the package's, in the form of semver", () => {
    assert.is(
      VERSION,
      JSON.parse(readFileSync(new URL('../../../package.json', import.meta.url), 'utf8')).version,
    )
    assert.match(VERSION, /^\d+\.\d+\.\d+(-[0-9A-Za-z.-]+)?$/)
  })
})
