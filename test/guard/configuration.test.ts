import { readFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { Authority, opensslMissing } from '../certificates.js'
import { run } from '../cli/command.js'
import { suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'
import { configurationReference, PAGE } from './configuration-reference.js'
import { codeBlocks } from './markdown.js'
import { read } from './source-tree.js'

suite('guard/configuration', (test) => {
  test('the tables are what the schema says; mend: node dist/test/guard/configuration-reference.js', () => {
    assert.is(read(PAGE), configurationReference())
  })

  test('every config on the page is good', async (defer) => {
    const configs = codeBlocks(read(PAGE)).filter(({ language }) => language === 'json')
    assert.ok(configs.length >= 2)
    const env = { SIGNALBOX_SECRET: 's'.repeat(64), ADMIN_TOKEN: 'a'.repeat(32), TURN_SECRET: 't'.repeat(32) }
    const pair = opensslMissing === undefined ? new Authority(defer).issue('signal.example') : undefined
    for (const { code } of configs) {
      if (code.includes('"tls"') && !pair) continue
      const tls = pair && {
        'tls/fullchain.pem': readFileSync(pair.cert, 'utf8'),
        'tls/privkey.pem': readFileSync(pair.key, 'utf8'),
      }
      const folder = temporaryFolder(defer, { 'a.json': code, ...tls })
      const { code: exit, stderr } = await run(defer, ['check', join(folder, 'a.json')], { env })
      assert.equal([exit, stderr], [0, ''], code)
    }
  })
})
