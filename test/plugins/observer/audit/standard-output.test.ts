import { Writable } from 'node:stream'
import * as assert from 'uvu/assert'
import { StandardOutput } from '../../../../plugins/observer/audit/standard-output.js'
import { rejection } from '../../../rejection.js'
import { suite } from '../../../suite.js'

suite('observer/audit: standard output', (test) => {
  test('resolves when the stream has taken the text', async () => {
    const written: string[] = []
    let take = () => {}
    const stream = new Writable({
      write(chunk, _encoding, done) {
        written.push(String(chunk))
        take = done
      },
    })
    const output = new StandardOutput(stream)
    await output.open()
    let isDone = false
    const done = output.append('a\n').then(() => {
      isDone = true
    })
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal([written, isDone], [['a\n'], false])
    take()
    await done
    await output.close()
    assert.is(stream.listenerCount('error'), 0)
    assert.not(stream.destroyed)
  })

  test('a reader that is gone is an error of that line, and of nothing else', async () => {
    const stream = new Writable({ write: (_chunk, _encoding, done) => done(new Error('EPIPE')) })
    const output = new StandardOutput(stream)
    await output.open()
    assert.is(((await rejection(output.append('a\n'))) as Error).message, 'EPIPE')
    await output.close()
  })
})
