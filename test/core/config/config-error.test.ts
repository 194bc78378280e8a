import * as assert from 'uvu/assert'
import { ConfigError, configError } from '../../../core/config/config-error.js'
import { suite } from '../../suite.js'

suite('config/config-error', (test) => {
  test('one line a problem: where, then what', () => {
    const error = new ConfigError([
      { path: 'listen.port', message: 'must be an integer' },
      { path: '', message: 'config.json: there is no such file' },
    ])
    assert.is(error.message, 'listen.port: must be an integer\nconfig.json: there is no such file')
    assert.is(error.name, 'ConfigError')
    assert.is(error.problems.length, 2)
  })

  test('configError is short for one', () => {
    assert.equal(configError('a', 'b').problems, [{ path: 'a', message: 'b' }])
    assert.instance(configError('a', 'b'), ConfigError)
  })
})
