import * as assert from 'uvu/assert'
import { SignalboxError } from '../../../client/errors.js'
import { callProblem, deviceProblem, peerProblem } from '../../../client/page/messages.js'
import { ERRORS } from '../../../core/errors.js'
import { type Defer, suite } from '../../suite.js'

function secure(defer: Defer, isSecureContext: boolean): void {
  Object.assign(globalThis, { isSecureContext })
  defer(() => Reflect.deleteProperty(globalThis, 'isSecureContext'))
}

suite('call page messages', (test) => {
  test('a device that can’t be had: why, and what to do', (defer) => {
    secure(defer, true)
    const problem = (name: string) => deviceProblem('camera', { name })
    assert.match(problem('NotAllowedError')!, 'site settings')
    assert.match(problem('NotFoundError')!, 'No camera was found')
    assert.match(problem('NotReadableError')!, 'busy')
    assert.match(problem('SomethingNew')!, 'could not be started')
    assert.is(deviceProblem('screen', { name: 'NotAllowedError' }), undefined, 'they only changed their mind')
  })

  test('a page that isn’t secure gets no devices, whatever the browser calls it', (defer) => {
    secure(defer, false)
    assert.match(deviceProblem('microphone', new TypeError('mediaDevices is undefined'))!, 'https://')
  })

  test('no code of the server leaves people without a sentence, and none is shown as a code', () => {
    for (const [code, { meaning }] of Object.entries(ERRORS)) {
      const sentence = callProblem(new SignalboxError(code, meaning))
      assert.match(sentence, /^[A-Z].+\.$/)
      assert.not.match(sentence, 'E_')
    }
  })

  test('doors: who isn’t let in, or is removed, learns why', () => {
    const problem = (code: string) => callProblem(new SignalboxError(code, 'spam'))
    assert.match(problem('E_LOCKED'), 'locked')
    assert.match(problem('E_NOT_ADMITTED'), 'not let in')
    assert.match(problem('E_KICKED'), 'removed from the call: spam.')
  })

  test('a peer: silent while all is well', () => {
    assert.is(peerProblem('Bo', 'connected'), undefined)
    assert.is(peerProblem('Bo', 'new'), undefined, 'nothing to connect for')
    assert.match(peerProblem('Bo', 'failed')!, 'Bo can’t be reached')
  })
})
