import * as assert from 'uvu/assert'
import { suggest } from '../../../core/config/suggest.js'
import { suite } from '../../suite.js'

const KEYS = ['listen', 'limits', 'origins', 'plugins', 'ws']

suite('config/suggest', (test) => {
  test('finds the word that was meant: a letter wrong, missing, too many, or of another case', () => {
    for (const word of ['listin', 'lisen', 'listenn', 'LISTEN', 'ilsten'])
      assert.is(suggest(word, KEYS), 'listen', word)
    assert.is(suggest('plugin', KEYS), 'plugins')
    assert.is(suggest('wss', KEYS), 'ws')
  })

  test('says nothing when nothing is close', () => {
    for (const word of ['colour', 'authentication']) assert.is(suggest(word, KEYS), undefined, word)
    assert.is(suggest('x', []), undefined)
  })

  test('prefers the closest', () => {
    assert.is(suggest('limit', ['listen', 'limits']), 'limits')
  })
})
