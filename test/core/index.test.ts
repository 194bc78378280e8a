import * as assert from 'uvu/assert'
import * as door from '../../core/index.js'
import { suite } from '../suite.js'

suite('index', (test) => {
  test('the public door has what embedding needs, and nothing else by accident', () => {
    assert.equal(Object.keys(door).sort(), [
      'ConfigError',
      'createPrimary',
      'createServer',
      'readJson',
      'systemClock',
    ])
  })
})
