import { spawn } from 'node:child_process'
import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { cpuMsOf } from '../../../bench/load/processes.js'
import { NoQuota, Quota } from '../../../bench/load/quota.js'
import { suite } from '../../suite.js'

const BUSY = 'const end = Date.now() + 20000; while (Date.now() < end);'
const after = (ms: number): Promise<void> => new Promise((resolve) => setTimeout(resolve, ms))

/** Why there is none on this machine; undefined where there is. */
function missing(): string | undefined {
  try {
    void new Quota(0.5).release()
    return undefined
  } catch (error) {
    return (error as NoQuota).message
  }
}

suite('bench/load/quota', (test) => {
  const why = missing()
  if (why !== undefined) {
    test('where there can be none, that is said', () => {
      assert.match(why, /^no control group can be made/)
    })
    return
  }

  test('a process that is always busy gets no more than its share', async (defer) => {
    const quota = new Quota(0.2)
    const busy = spawn(process.execPath, ['-e', BUSY], { stdio: 'ignore' })
    const exited = once(busy, 'exit')
    defer(async () => {
      busy.kill('SIGKILL')
      await exited
      await quota.release()
    })
    quota.add(busy.pid!)
    await after(200) // it starts
    const [tookMs, since] = [cpuMsOf(busy.pid!), performance.now()]
    await after(1500)
    const share = (cpuMsOf(busy.pid!) - tookMs) / (performance.now() - since)
    assert.ok(share < 0.3, `it took ${share} of a core`)
  }, 30_000)

  test('it is gone when it is released, and may be released again', async () => {
    const quota = new Quota(0.5)
    await quota.release()
    await quota.release()
  })
})
