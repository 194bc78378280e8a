import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { type Defer, suite } from '../suite.js'
import { type Network, TwoNetworks } from './networks.js'

const PORT = 4000
/** Says one word to whoever connects. */
const LISTENER = (host: string) =>
  `require('net').createServer((s) => s.end('hello')).listen(${PORT}, '${host}', () => console.log('listening'))`
/** Ends with 0 when it has heard that word, with 1 when it hasn't within a second. */
const CALLER = (host: string) =>
  `require('net').connect(${PORT}, '${host}').on('data', () => process.exit(0)).on('error', () => process.exit(1));
  setTimeout(() => process.exit(1), 1000)`

function run(defer: Defer, prefix: readonly string[], script: string): ChildProcess {
  const [command = '', ...args] = [...prefix, process.execPath, '-e', script]
  const child = spawn(command, args, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(child, 'close')
  defer(() => {
    child.kill('SIGKILL')
    return ended
  })
  return child
}

suite('faults/networks', (test) => {
  const lacks = TwoNetworks.lacks()
  if (lacks !== undefined) return test.skip('two networks', lacks)

  test('two networks reach each other until they are parted, and again when they are healed', async (defer) => {
    const networks = TwoNetworks.create()
    defer(() => networks.remove())
    const { left, right } = networks
    const listener = run(defer, right.prefix, LISTENER(right.address))
    await once(listener.stdout!, 'data')
    const reaches = async ({ prefix }: Pick<Network, 'prefix'>) => {
      const [code] = await once(run(defer, prefix, CALLER(right.address)), 'close')
      return code === 0
    }
    const lab = { prefix: [] }
    assert.equal([await reaches(left), await reaches(lab)], [true, true])
    networks.part()
    assert.equal([await reaches(left), await reaches(lab)], [false, true])
    networks.heal()
    assert.equal([await reaches(left), await reaches(lab)], [true, true])
  })
})
