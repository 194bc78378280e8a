import { Type } from 'typebox'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../../core/config/config-error.js'
import { validate } from '../../../core/config/validate.js'
import { suite } from '../../suite.js'

const schema = Type.Object({
  port: Type.Integer({ minimum: 0, maximum: 65_535, default: 8080 }),
  engine: Type.Union([Type.Literal('wasm'), Type.Literal('js')], { default: 'wasm' }),
  secret: Type.String({ minLength: 4 }),
  nested: Type.Object(
    { servers: Type.Array(Type.Object({ url: Type.String() }), { default: [] }) },
    { default: {} },
  ),
})

const problemsOf = (value: unknown): string[] => {
  try {
    validate(schema, value, 'root')
  } catch (error) {
    if (error instanceof ConfigError) return error.message.split('\n')
    throw error
  }
  return []
}

suite('config/validate', (test) => {
  test('fills defaults into a frozen clone and leaves the original alone', () => {
    const original = { secret: 'abcd', nested: { servers: [{ url: 'x' }] } }
    const valid = validate(schema, original, 'root')
    assert.equal(valid, { port: 8080, engine: 'wasm', secret: 'abcd', nested: { servers: [{ url: 'x' }] } })
    assert.equal(original, { secret: 'abcd', nested: { servers: [{ url: 'x' }] } })
    assert.throws(() => {
      valid.nested.servers[0]!.url = 'y'
    }, /read only/)
  })

  test('suggests the key that was meant, at every depth', () => {
    assert.equal(problemsOf({ secret: 'abcd', prot: 1, nested: { servers: [{ url: 'x', uri: 1 }] } }), [
      'root.prot: unknown key; did you mean "port"?',
      'root.nested.servers[0].uri: unknown key; did you mean "url"?',
    ])
  })

  test('lists what is known where nothing is close', () => {
    assert.equal(problemsOf({ secret: 'abcd', colour: 1 }), [
      'root.colour: unknown key; known are: port, engine, secret, nested',
    ])
  })

  test('says what was expected, and never repeats a string that may be secret', () => {
    assert.equal(problemsOf({ secret: 42, port: 'hunter2' }), [
      'root.port: must be an integer, not this string',
      'root.secret: must be a string, not 42',
    ])
    assert.equal(problemsOf({ engine: 'wsm' }), [
      'root.secret: is missing; expected a string',
      'root.engine: must be "wasm" or "js", not "wsm"',
    ])
    assert.not.match(problemsOf({ secret: 'abc' }).join(), /abc/)
  })

  test('names a value that is out of range', () => {
    assert.match(
      problemsOf({ secret: 'abcd', port: 65_536 })[0]!,
      /^root\.port: must be <= 65535, not 65536$/,
    )
  })

  test('in a union, whoever wrote an object is told what is wrong in it; others are told what may stand there', () => {
    const union = Type.Object({
      count: Type.Union([
        Type.Integer({ minimum: 1, maximum: 9 }),
        Type.Literal('auto'),
        Type.Object({ most: Type.Integer({ minimum: 1 }) }),
      ]),
    })
    const problems = (count: unknown) => {
      try {
        validate(union, { count }, '')
        return ''
      } catch (error) {
        return (error as ConfigError).message
      }
    }
    assert.equal([3, 'auto', { most: 2 }].map(problems), ['', '', ''])
    assert.is(problems(0), 'count: must be an integer from 1 to 9 or "auto" or an object, not 0')
    assert.is(problems('many'), 'count: must be an integer from 1 to 9 or "auto" or an object, not "many"')
    assert.is(problems({ most: 0 }), 'count.most: must be >= 1, not 0')
    assert.is(
      problems({ mots: 2 }),
      'count.most: is missing; expected an integer\ncount.mots: unknown key; did you mean "most"?',
    )
  })

  test('reports the whole value when it is no object', () => {
    assert.equal(problemsOf([]), ['root: must be an object, not an array'])
    assert.equal(problemsOf(null), ['root: must be an object, not null'])
  })
})
