import * as assert from 'uvu/assert'
import { Gate } from '../../../client/seal/gate.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'

suite('gate', (test) => {
  test('lets through while it is open, keeps waiting while it is shut, and turns away at the end', async () => {
    const gate = new Gate()
    const passed: string[] = []
    const go = (name: string) => gate.passed.then(() => passed.push(name))
    const first = go('first')
    await Promise.resolve()
    assert.equal(passed, [])
    gate.open()
    gate.open()
    await first
    await go('second')
    gate.shut()
    const third = go('third')
    await Promise.resolve()
    assert.equal([passed, gate.isOpen], [['first', 'second'], false])
    gate.end(new Error('over'))
    assert.is((await rejection(third)).message, 'over')
    gate.open()
    assert.is((await rejection(gate.passed)).message, 'over')
    assert.not(gate.isOpen)
  })
})
