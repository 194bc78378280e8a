import { createHash } from 'node:crypto'
import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { run } from './command.js'

const hashOf = (token: string) => `sha256:${createHash('sha256').update(token).digest('hex')}\n`

suite('cli: hash-token', (test) => {
  test('hashes what is typed, and shows nothing else of it', async (defer) => {
    const token = 'a-token-of-a-kiosk-0001'
    for (const input of [token, `${token}\n`, `${token}\r\n`]) {
      assert.equal(await run(defer, ['hash-token'], { input }), {
        code: 0,
        stdout: hashOf(token),
        stderr: '',
      })
    }
  })

  test('makes a token, another one each time', async (defer) => {
    const made = [await run(defer, ['hash-token', '--new']), await run(defer, ['hash-token', '--new'])]
    for (const { stdout } of made) {
      const [token, hash] = stdout.split('\n')
      assert.match(token!, /^[\w-]{43}$/)
      assert.is(`${hash}\n`, hashOf(token!))
    }
    assert.is.not(made[0]!.stdout, made[1]!.stdout)
  })

  test('refuses what would be no token', async (defer) => {
    for (const input of [
      '',
      'too short',
      'two words of some length',
      `${'x'.repeat(20)}\n${'y'.repeat(20)}`,
    ]) {
      const { code, stdout, stderr } = await run(defer, ['hash-token'], { input })
      assert.equal([code, stdout], [2, ''], input)
      assert.match(
        stderr,
        /^signalbox: hash-token reads one token of 16 characters or more, without spaces$/m,
      )
    }
  })
})
