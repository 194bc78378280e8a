import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { run } from '../cli/command.js'
import { suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import { codeBlocks, firstTable } from './markdown.js'
import { files, read } from './source-tree.js'

const page = read('docs/guides/buses.md')
const env = { NATS_PASSWORD: 'a password', REDIS_PASSWORD: 'another+password' }

suite('guard/guide-buses', (test) => {
  test('every config on the page is good', async (defer) => {
    const configs = codeBlocks(page).filter(({ language }) => language === 'json')
    assert.is(configs.length, 2)
    for (const { code } of configs) {
      const folder = temporaryFolder(defer, { 'a.json': code, 'ca.pem': 'a certificate' })
      const { code: exit, stderr } = await run(defer, ['check', join(folder, 'a.json')], { env })
      assert.equal([exit, stderr], [0, ''], code)
    }
  }, 60_000)

  test('every bus that there is stands in the table', () => {
    const named = firstTable(page).map(([, bus]) => bus!.replaceAll('`', ''))
    const shipped = files().flatMap((path) => /^plugins\/bus\/([a-z-]+)\.ts$/.exec(path)?.[1] ?? [])
    assert.equal(named.sort(), shipped.sort())
  })

  test('the clients that the page installs are those that the package names', () => {
    const { peerDependencies } = JSON.parse(read('package.json')) as {
      peerDependencies: Record<string, string>
    }
    const installed = [...page.matchAll(/^npm install (\S+)@(\d+)$/gm)].map(([, name, major]) => [
      name,
      `^${major}.`,
    ])
    assert.equal(installed.length, Object.keys(peerDependencies).length)
    for (const [name, range] of installed) assert.ok(peerDependencies[name!]?.startsWith(range!), name)
  })
})
