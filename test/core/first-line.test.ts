import * as assert from 'uvu/assert'
import { firstLine } from '../../core/first-line.js'
import { suite } from '../suite.js'

suite('first-line', (test) => {
  test('is the first line of the message, whatever was thrown', () => {
    assert.is(firstLine(new Error('one\ntwo')), 'one')
    assert.is(firstLine(new TypeError('')), '')
    assert.is(firstLine('text\nmore'), 'text')
    assert.is(firstLine(undefined), 'undefined')
    assert.is(firstLine({ toString: () => 'odd' }), 'odd')
  })
})
