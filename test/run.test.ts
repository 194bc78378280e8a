import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { type Defer, suite } from './suite.js'
import { temporaryFolder } from './temporary-folder.js'

const runner = fileURLToPath(new URL('./run.js', import.meta.url))
const helper = JSON.stringify(new URL('./suite.js', import.meta.url).href)
const uvu = JSON.stringify(import.meta.resolve('uvu'))

/** A test file around these statements. */
const file = (statements: string) => `import { suite } from ${helper}\n${statements}\n`

/** Runs the runner on a folder of its own. */
async function run(
  defer: Defer,
  files: Record<string, string>,
  env: Record<string, string> = {},
  pattern = '',
) {
  const folder = temporaryFolder(defer, files)
  const child = spawn(process.execPath, [runner, pattern, folder], {
    env: { ...process.env, CI: '', ...env },
    stdio: ['ignore', 'pipe', 'pipe'],
  })
  defer(() => child.kill('SIGKILL'))
  let output = ''
  for (const stream of [child.stdout, child.stderr]) {
    stream.on('data', (chunk) => {
      output += chunk
    })
  }
  const code = await new Promise<number | null>((resolve) => child.on('close', resolve))
  return { code, output, last: output.trimEnd().split('\n').at(-1)! }
}

const GOOD = file("suite('good', (test) => { test('one', () => {}); test('two', async () => {}) })")

suite('run', (test) => {
  test('counts what passed, failed and was skipped, and its last line says so', async (defer) => {
    const mixed = file(`suite('mixed', (test) => {
      test('fails', () => { throw new Error('as it should') })
      test('passes', () => {})
      test.skip('later', 'no network')
    })`)
    const { code, last, output } = await run(defer, { 'good.test.mjs': GOOD, 'mixed.test.mjs': mixed })
    assert.equal([code, last], [1, '3 passed, 1 failed, 1 skipped'])
    assert.match(output, /as it should/)
    assert.match(output, /skipped: mixed: later: no network/)
    assert.equal((await run(defer, { 'good.test.mjs': GOOD })).last, '2 passed, 0 failed, 0 skipped')
  })

  test('a pattern picks files by a part of their path', async (defer) => {
    const files = { 'core/a.test.mjs': GOOD, 'core/a.test.d.ts': 'not JavaScript', 'b.test.mjs': 'throw 1' }
    for (const pattern of ['core/', 'a.test', 'core/a\\.test\\.mjs$']) {
      assert.is((await run(defer, files, {}, pattern)).last, '2 passed, 0 failed, 0 skipped', pattern)
    }
  })

  test('under CI what would be skipped fails', async (defer) => {
    const skipping = file("suite('s', (test) => { test.skip('later', 'no network') })")
    const { code, last } = await run(defer, { 'a.test.mjs': skipping }, { CI: 'true' })
    assert.equal([code, last], [1, '0 passed, 1 failed, 0 skipped'])
  })

  test('no test at all is a failure', async (defer) => {
    for (const files of [{ 'other.mjs': '' }, { 'empty.test.mjs': file("suite('none', () => {})") }]) {
      const { code, last } = await run(defer, files as Record<string, string>)
      assert.equal([code, last], [1, '0 passed, 1 failed, 0 skipped'])
    }
  })

  test('a file that breaks at import is a failure', async (defer) => {
    const { code, last, output } = await run(defer, {
      'a.test.mjs': GOOD,
      'b.test.mjs': 'throw new Error("at import")',
    })
    assert.is(code, 1)
    assert.match(last, /^\d+ passed, [1-9]\d* failed, 0 skipped$/)
    assert.match(output, /at import/)
  })

  test('a suite whose before throws is a failure of all its tests', async (defer) => {
    const broken = `import { suite } from ${uvu}
      const test = suite('broken'); test.before(() => { throw new Error('no database') })
      test('one', () => {}); test('two', () => {}); test.run()`
    const { code, last } = await run(defer, { 'a.test.mjs': GOOD, 'b.test.mjs': broken })
    assert.equal([code, last], [1, '2 passed, 2 failed, 0 skipped'])
  })

  test('a rejection that nobody handles is a failure', async (defer) => {
    const loose = file(`suite('loose', (test) => { test('one', async () => {
      Promise.reject(new Error('loose')); await new Promise((resolve) => setTimeout(resolve, 50)) }) })`)
    const { code, output } = await run(defer, { 'a.test.mjs': loose })
    assert.is(code, 1)
    assert.match(output, /loose/)
  })

  test('a test that ends the process cannot make the run look good', async (defer) => {
    const exiting = file("suite('exiting', (test) => { test('one', () => process.exit(0)) })")
    assert.is((await run(defer, { 'a.test.mjs': GOOD, 'b.test.mjs': exiting })).code, 1)
  })

  test('a test that hangs fails by its time-out, its clean-ups run, and the rest goes on', async (defer) => {
    const hanging = file(`suite('hanging', (test) => {
      test('one', async (defer) => {
        const timer = setInterval(() => {}, 1000)
        defer(() => { clearInterval(timer); console.log('cleaned up') })
        defer(() => { throw new Error('a clean-up that fails is no obstacle') })
        await new Promise(() => {})
      }, 50)
      test('two', () => {})
    })`)
    const { code, last, output } = await run(defer, { 'a.test.mjs': hanging })
    assert.equal([code, last], [1, '1 passed, 1 failed, 0 skipped'])
    assert.match(output, /the test did not end within 50 ms/)
    assert.match(output, /cleaned up/)
  })

  test('a clean-up that fails is a failure', async (defer) => {
    const careless = file(
      "suite('careless', (test) => { test('one', (defer) => defer(() => { throw new Error('left over') })) })",
    )
    const { code, output } = await run(defer, { 'a.test.mjs': careless })
    assert.is(code, 1)
    assert.match(output, /left over/)
  })

  test('something that outlives the tests is ended and is a failure', async (defer) => {
    const lingering = file("setInterval(() => {}, 1000)\nsuite('l', (test) => { test('one', () => {}) })")
    const { code, last, output } = await run(defer, { 'a.test.mjs': lingering })
    assert.equal([code, last], [1, '1 passed, 1 failed, 0 skipped'])
    assert.match(output, /something they started is not/)
  })

  test('a run that blocks for ever is ended and is a failure', async (defer) => {
    const blocking = file(
      "suite('b', (test) => { test('one', () => { Atomics.wait(new Int32Array(new SharedArrayBuffer(4)), 0, 0) }) })",
    )
    const { code, last } = await run(defer, { 'a.test.mjs': blocking }, { TEST_RUN_LIMIT_MS: '1500' })
    assert.equal([code, last], [1, '0 passed, 1 failed, 0 skipped'])
  })
})
