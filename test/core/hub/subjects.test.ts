import * as assert from 'uvu/assert'
import { Subjects } from '../../../core/hub/subjects.js'
import { suite } from '../../suite.js'

function setUp(capacity: number) {
  const assigned: number[] = []
  return { subjects: new Subjects(capacity, (number) => assigned.push(number)), assigned }
}

suite('subjects', (test) => {
  test('a name has one number while it is held, and afterwards as long as nobody needs the place', () => {
    const { subjects, assigned } = setUp(10)
    assert.equal([subjects.hold('ada'), subjects.hold('bob'), subjects.hold('ada')], [0, 1, 0])
    assert.equal([subjects.holds(0), subjects.holds(1)], [2, 1])
    assert.equal([subjects.nameOf(0), subjects.nameOf(1)], ['ada', 'bob'])
    subjects.release(0)
    subjects.release(0)
    assert.is(subjects.hold('eve'), 2)
    assert.is(subjects.hold('ada'), 0, 'still known')
    assert.equal(assigned, [0, 1, 2])
  })

  test('when all places are taken, who was gone for the longest time is forgotten', () => {
    const { subjects, assigned } = setUp(3)
    for (const name of ['a', 'b', 'c']) subjects.release(subjects.hold(name))
    subjects.release(subjects.hold('a'))
    assert.is(subjects.hold('d'), 1, 'the place of b: a was here again')
    assert.is(subjects.nameOf(1), 'd')
    assert.equal(assigned, [0, 1, 2, 1])
    assert.equal([subjects.hold('e'), subjects.hold('f')], [2, 0])
    assert.is(subjects.hold('g'), -1, 'all are held')
    subjects.release(-1)
    subjects.release(2)
    assert.is(subjects.hold('g'), 2)
    assert.is(subjects.hold('d'), 1)
  })

  test('names are data, whatever they say', () => {
    const { subjects } = setUp(10)
    assert.equal(
      ['__proto__', '', '\0', 'constructor', '__proto__'].map((name) => subjects.hold(name)),
      [0, 1, 2, 3, 0],
    )
  })

  test('stays as small as it was made under a flood of names', () => {
    const { subjects } = setUp(100)
    let highest = 0
    for (let i = 0; i < 10_000; i++) {
      const number = subjects.hold(`name-${i}`)
      highest = Math.max(highest, number)
      subjects.release(number)
    }
    assert.is(highest, 99)
  })
})
