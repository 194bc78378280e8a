import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { cpuMsOf, family, killFamily } from '../../../bench/load/processes.js'
import { until } from '../../contract/contract-case.js'
import { suite } from '../../suite.js'

/** A parent that only waits for its child, which is always busy; each ends by itself after a while. */
const BUSY = 'const end = Date.now() + 20000; while (Date.now() < end);'
const PARENT = `require('child_process').spawn(process.execPath, ['-e', ${JSON.stringify(BUSY)}])`

suite('bench/load/processes', (test) => {
  if (process.platform !== 'linux') {
    test.skip('everything', 'the system keeps no such books')
    return
  }

  test('a process is charged with what its children take, and ends with them', async (defer) => {
    const parent = spawn(process.execPath, ['-e', PARENT], { stdio: 'ignore' })
    const pid = parent.pid!
    defer(() => killFamily(pid))
    const exited = once(parent, 'exit')
    await until(() => family(pid).length === 2, 'the child has started')
    const [, child] = family(pid)
    await until(() => cpuMsOf(child!) >= 100, 'the child was busy')
    assert.ok(cpuMsOf(pid) >= 100, 'and its parent is charged')
    killFamily(pid)
    await exited
    assert.equal(family(pid), [])
    await until(() => family(child!).length === 0 || cpuMsOf(child!) === 0, 'the child has ended')
  }, 30_000)

  test('a process that has ended takes nothing', async () => {
    const child = spawn(process.execPath, ['-e', ''], { stdio: 'ignore' })
    await once(child, 'exit')
    assert.equal([cpuMsOf(child.pid!), family(child.pid!)], [0, []])
    killFamily(child.pid!)
  })
})
