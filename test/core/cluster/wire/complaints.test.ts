import * as assert from 'uvu/assert'
import { Complaints } from '../../../../core/cluster/wire/complaints.js'
import { FakeClock } from '../../../contract/index.js'
import { suite } from '../../../suite.js'

suite('core/cluster/complaints', (test) => {
  test('each subject is spoken of once a minute', () => {
    const clock = new FakeClock()
    const complaints = new Complaints(clock)
    assert.equal([complaints.may('a'), complaints.may('a'), complaints.may('b')], [true, false, true])
    clock.advance(59_999)
    assert.not.ok(complaints.may('a'))
    clock.advance(1)
    assert.ok(complaints.may('a'))
  })

  test('a flood of subjects is forgotten, oldest first', () => {
    const complaints = new Complaints(new FakeClock())
    for (let i = 0; i < 1025; i++) complaints.may(`${i}`)
    assert.not.ok(complaints.may('1024'))
    assert.not.ok(complaints.may('2'))
    assert.ok(complaints.may('0'))
  })
})
