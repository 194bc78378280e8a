import * as assert from 'uvu/assert'
import * as door from '../../core/api.js'
import * as tokens from '../../core/tokens.js'
import { suite } from '../suite.js'

const offered: Record<string, unknown> = { ...door }

suite('api', (test) => {
  test('a plugin finds every token at its door', () => {
    for (const [name, token] of Object.entries(tokens)) {
      assert.is(offered[name], token, name)
    }
  })

  test('tokens have names of their own, so that an error can say which one is meant', () => {
    const names = Object.values(tokens).map(String)
    assert.is(new Set(names).size, names.length)
    for (const name of names) assert.match(name, /^Symbol\([a-z ]+\)$/)
  })

  test('and what a plugin is written with', () => {
    for (const name of [
      'definePlugin',
      'inject',
      'injectable',
      'injected',
      'Type',
      'SignalError',
      'ERRORS',
    ]) {
      assert.ok(offered[name], name)
    }
  })
})
