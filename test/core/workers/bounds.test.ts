import * as assert from 'uvu/assert'
import { parseConfig } from '../../../core/config/load.js'
import { boundsOf, isSingle } from '../../../core/workers/bounds.js'
import { suite } from '../../suite.js'

const boundsIn = (workers: unknown) => boundsOf(parseConfig({ workers }, '.').workers, 6)

const problem = (workers: unknown): string => {
  try {
    boundsIn(workers)
    return ''
  } catch (error) {
    return (error as Error).message
  }
}

suite('workers/bounds', (test) => {
  test('a number, one a processor, or between two numbers', () => {
    assert.equal(boundsOf(parseConfig({}, '.').workers), { min: 1, max: 1 })
    assert.equal(boundsIn(3), { min: 3, max: 3 })
    assert.equal(boundsIn('auto'), { min: 6, max: 6 })
    assert.equal(boundsIn({ min: 2, max: 5 }), { min: 2, max: 5 })
    assert.equal(boundsIn({ max: 5 }), { min: 1, max: 5 })
  })

  test('one is a process by itself; one that may become more is not', () => {
    assert.equal([1, 2, { min: 1, max: 1 }, { min: 1, max: 2 }].map(boundsIn).map(isSingle), [
      true,
      false,
      true,
      false,
    ])
  })

  test('what makes no sense is refused, and the message says what would', () => {
    const one = 'workers: must be an integer from 1 to 256 or "auto" or an object, not '
    assert.is(problem(0), `${one}0`)
    assert.is(problem(-1), `${one}-1`)
    assert.is(problem(1.5), `${one}1.5`)
    assert.is(problem(257), `${one}257`)
    assert.is(problem('all'), `${one}"all"`)
    assert.is(problem({ min: 3, max: 2 }), 'workers: min is 3 and max is 2; make min the smaller')
    assert.is(problem({ min: 0, max: 2 }), 'workers.min: must be >= 1, not 0')
    assert.is(problem({ min: 1 }), 'workers.max: is missing; expected an integer')
  })
})
