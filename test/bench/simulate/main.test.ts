import { spawnSync } from 'node:child_process'
import { readFileSync } from 'node:fs'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

const MAIN = fileURLToPath(new URL('../../../bench/simulate/main.js', import.meta.url))

const simulate = (...args: string[]) =>
  spawnSync(process.execPath, [MAIN, ...args], { encoding: 'utf8', timeout: 60_000 })

suite('bench/simulate/main', (test) => {
  test('help, nonsense, and what is no outcome', (defer) => {
    const folder = temporaryFolder(defer, { 'old.json': '{}' })
    assert.match(simulate('--help').stdout, /^npm run simulate/)
    const { status, stdout, stderr } = simulate('--nodes', 'many')
    assert.equal([status, stdout], [2, ''])
    assert.match(stderr, /^simulate: .+\n$/)
    assert.is(simulate('--nodes', '1', '--with', `${folder}/old.json`).status, 1)
  }, 60_000)

  test('writes what it found, and shows it again beside another run', (defer) => {
    const folder = temporaryFolder(defer, {})
    const first = simulate('--nodes', '1', '--strategy', 'region', '--json', `${folder}/a.json`)
    assert.equal([first.status, first.stderr], [0, ''])
    const second = simulate(
      ...['--nodes', '2', '--strategy', 'region', '--with', `${folder}/a.json`],
      ...['--html', `${folder}/b.html`],
    )
    assert.match(second.stdout, /^1 nodes, 1,000 peers$/m)
    assert.match(second.stdout, /^2 nodes, 2,000 peers$/m)
    assert.match(readFileSync(`${folder}/b.html`, 'utf8'), '2 nodes, 2,000 peers')
  }, 60_000)
})
