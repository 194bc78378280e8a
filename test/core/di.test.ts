import * as assert from 'uvu/assert'
import { inject, injectable, injected, Scope, token } from '../../core/di.js'
import { suite } from '../suite.js'

const NAME = token<string>('name')
const COUNT = token<number>('count')

@injectable()
class Greeter {
  constructor(
    @inject(NAME) readonly name: string,
    @inject(COUNT) readonly count: number,
  ) {}
}

class Plain {
  readonly words: string
  constructor(name: string, count: number) {
    this.words = name.repeat(count)
  }
}

suite('di', (test) => {
  test('makes a class from what its tokens are bound to, a new one each time', () => {
    const scope = new Scope()
    scope.set(NAME, 'Ada')
    scope.set(COUNT, 2)
    const greeter = scope.make(Greeter)
    assert.equal([greeter.name, greeter.count], ['Ada', 2])
    assert.is.not(scope.make(Greeter), greeter)
  })

  test('injected says the same for plain JavaScript', () => {
    const scope = new Scope()
    scope.set(NAME, 'ab')
    scope.set(COUNT, 3)
    assert.is(injected(Plain, NAME, COUNT), Plain)
    assert.is(scope.make(Plain).words, 'ababab')
  })

  test('a child sees its parent, a parent and a sibling never a child', () => {
    const parent = new Scope()
    parent.set(NAME, 'Ada')
    const child = parent.child()
    const sibling = parent.child()
    child.set(COUNT, 1)
    assert.is(child.get(NAME), 'Ada')
    assert.is(child.get(COUNT), 1)
    assert.throws(() => parent.get(COUNT))
    assert.throws(() => sibling.get(COUNT))
  })

  test('a child may bind again what its parent bound', () => {
    const parent = new Scope()
    parent.set(NAME, 'Ada')
    const child = parent.child()
    child.set(NAME, 'Grace')
    assert.is(child.get(NAME), 'Grace')
    assert.is(parent.get(NAME), 'Ada')
  })

  test('binding twice in one scope is refused', () => {
    const scope = new Scope()
    scope.set(NAME, 'Ada')
    assert.throws(() => scope.set(NAME, 'Grace'), /Symbol\(name\) is bound twice/)
    assert.is(scope.get(NAME), 'Ada')
  })

  test('two roots know nothing of each other', () => {
    const one = new Scope()
    one.set(NAME, 'Ada')
    assert.throws(() => new Scope().get(NAME))
  })

  test('a token that is not bound is named in the first line of the error', () => {
    const scope = new Scope()
    scope.set(NAME, 'Ada')
    assert.throws(() => scope.make(Greeter), /^Greeter asks for "count", which is not offered to it$/)
  })

  test('what a constructor throws comes out as it is', () => {
    const mistake = new Error('secret: is too short')
    class Strict {
      constructor(_name: string) {
        throw mistake
      }
    }
    const scope = new Scope()
    scope.set(NAME, 'Ada')
    try {
      scope.make(injected(Strict, NAME))
      assert.unreachable()
    } catch (error) {
      assert.is(error, mistake)
    }
  })
})
