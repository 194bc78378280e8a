import { spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'

const MAIN = fileURLToPath(new URL('../../bench/main.js', import.meta.url))

/** Runs the laboratory; what it wrote, and how it ended. */
function bench(...args: string[]): Promise<{ code: number | null; out: string; err: string }> {
  return new Promise((resolve, reject) => {
    const child = spawn(process.execPath, [MAIN, ...args], { stdio: ['ignore', 'pipe', 'pipe'] })
    let out = ''
    let err = ''
    child.stdout.on('data', (chunk) => {
      out += chunk
    })
    child.stderr.on('data', (chunk) => {
      err += chunk
    })
    child.on('error', reject)
    child.on('close', (code) => resolve({ code, out, err }))
  })
}

suite('bench/main', (test) => {
  test('without words: the menu', async () => {
    const { code, out } = await bench()
    assert.is(code, 0)
    assert.match(out, /npm run bench -- <what>/)
  })

  test('nonsense: one line, and 2', async () => {
    for (const args of [['macro'], ['micro', '--engine', 'x'], ['--fast'], ['micro', '--json']]) {
      const { code, out, err } = await bench(...args)
      assert.is(code, 2, args.join(' '))
      assert.is(out, '')
      assert.match(err, /^bench: .+\n$/)
    }
  })

  test('something to compare with that is no report: one line, before anything is measured', async (defer) => {
    const folder = temporaryFolder(defer, { 'old.json': '[]' })
    const { code, out, err } = await bench('micro', '--compare', `${folder}/old.json`)
    assert.is(code, 1)
    assert.is(out, '')
    assert.match(err, /^bench: .*old\.json.*\n$/)
  })
})
