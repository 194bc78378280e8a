import * as assert from 'uvu/assert'
import { Emitter } from '../../client/emitter.js'
import { suite } from '../suite.js'

class Bell extends Emitter<{ ring: number }> {
  ring(times: number): void {
    this.emit('ring', times)
  }
}

suite('client emitter', (test) => {
  test('on, once and off', () => {
    const bell = new Bell()
    const heard: string[] = []
    const off = bell.on('ring', (n) => heard.push(`on ${n}`))
    bell.once('ring', (n) => heard.push(`once ${n}`))
    bell.ring(1)
    bell.ring(2)
    off()
    bell.ring(3)
    assert.equal(heard, ['on 1', 'once 1', 'on 2'])
  })

  test('a listener that throws stops neither the others nor the caller, and is reported', (defer) => {
    const bell = new Bell()
    const reported: unknown[] = []
    Object.assign(globalThis, { reportError: (error: unknown) => reported.push(error) })
    defer(() => Reflect.deleteProperty(globalThis, 'reportError'))
    const mistake = new Error('a mistake of the app')
    let heard = 0
    bell.on('ring', () => {
      throw mistake
    })
    bell.on('ring', (n) => {
      heard = n
    })
    bell.ring(7)
    assert.is(heard, 7)
    assert.equal(reported, [mistake])
  })
})
