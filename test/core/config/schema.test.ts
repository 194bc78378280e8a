import * as assert from 'uvu/assert'
import { parseConfig } from '../../../core/config/load.js'
import { CAPACITY } from '../../../core/engine/engine.js'
import { suite } from '../../suite.js'

const problems = (value: unknown): string[] => {
  try {
    parseConfig(value, '.')
    return []
  } catch (error) {
    return (error as Error).message.split('\n')
  }
}

suite('config/schema', (test) => {
  test('wrong types and values, one line each', () => {
    const cases: [unknown, string][] = [
      [[], 'must be an object, not an array'],
      [null, 'must be an object, not null'],
      [{ listen: { port: -1 } }, 'listen.port: must be >= 0, not -1'],
      [{ listen: { port: 65_536 } }, 'listen.port: must be <= 65535, not 65536'],
      [{ listen: { port: 80.5 } }, 'listen.port: must be an integer, not 80.5'],
      [{ listen: { port: '8080' } }, 'listen.port: must be an integer, not this string'],
      [{ engine: 'rust' }, 'engine: must be "wasm" or "js", not "rust"'],
      [{ page: 'no' }, 'page: must be a boolean, not this string'],
      [{ limits: { peers: 0 } }, 'limits.peers: must be >= 1, not 0'],
      [{ limits: { roomsPerPeer: CAPACITY.roomsPerPeer + 1 } }, 'limits.roomsPerPeer: must be <= 16, not 17'],
      [{ plugins: { transport: 'ws' } }, 'plugins.transport: must be an array, not this string'],
      [{ plugins: { auth: [{}] } }, 'plugins.auth[0].use: is missing; expected a string'],
    ]
    for (const [value, expected] of cases) assert.equal(problems(value), [expected], JSON.stringify(value))
  })

  test('one bus and one balancer, as many as you like of the others', () => {
    for (const kind of ['bus', 'balancer']) {
      for (const entries of [[], [{ use: 'a' }, { use: 'b' }]]) {
        assert.match(
          problems({ plugins: { [kind]: entries } })[0] ?? '',
          new RegExp(`^plugins\\.${kind}: must`),
        )
      }
    }
    for (const kind of ['transport', 'auth', 'policy', 'observer']) {
      for (const entries of [[], [{ use: 'a' }, { use: 'b' }]]) {
        assert.equal(problems({ plugins: { [kind]: entries } }), [])
      }
    }
  })

  test('origins are scheme and host, nothing more', () => {
    assert.equal(problems({ origins: ['https://app.example', 'http://localhost:3000'] }), [])
    for (const origin of ['app.example', 'https://app.example/', '*', 'null', 'wss://app.example']) {
      assert.is(problems({ origins: [origin] }).length, 1, origin)
    }
  })

  test('admin is an object, or false for none', () => {
    assert.equal(problems({ admin: false }), [])
    assert.equal(problems({ admin: { token: 'sixteen characters' } }), [])
    for (const admin of [true, null, { token: 'short' }, { port: 'x' }, { prot: 1 }]) {
      assert.ok(problems({ admin }).length > 0, JSON.stringify(admin))
      for (const line of problems({ admin })) assert.match(line, /^admin/)
    }
  })
})
