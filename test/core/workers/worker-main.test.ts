import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { suite } from '../../suite.js'

const WORKER = fileURLToPath(new URL('../../../core/workers/worker-main.js', import.meta.url))

suite('workers/worker-main', (test) => {
  test('a worker whose primary is gone before it looks ends at once: there are no orphans', async (defer) => {
    const child = spawn(process.execPath, [WORKER], { stdio: 'ignore' })
    defer(() => child.kill('SIGKILL'))
    const [code] = await once(child, 'exit')
    assert.is(code, 1)
  })
})
