import { mkdirSync, symlinkSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { pathToFileURL } from 'node:url'
import * as assert from 'uvu/assert'
import { codeBlocks } from '../../guard/markdown.js'
import { ROOT, read } from '../../guard/source-tree.js'
import { suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

const page = read('docs/guides/sealing.md')

suite('guide to sealing', (test) => {
  test('names every code that sealing can tell, and each exists', () => {
    const codes = (text: string) =>
      new Set([...text.matchAll(/\bE_(?:SEAL_[A-Z]+|IDENTITY)\b/g)].map(([code]) => code))
    assert.equal([...codes(page)].sort(), [...codes(read('client/errors.ts'))].sort())
  })

  test('its identities can be made and trusted as it says', async (defer) => {
    const code = codeBlocks(page).find((block) => block.code.includes('knownKeys'))!.code
    const folder = temporaryFolder(defer, { 'package.json': '{"type": "module"}' })
    mkdirSync(join(folder, 'node_modules'))
    symlinkSync(ROOT, join(folder, 'node_modules/signalbox'), 'dir')
    const file = join(folder, 'guide.js')
    writeFileSync(file, `const secret = 'x'.repeat(43)\n${code}\nexport { seal, identity, trustOnFirstUse }`)
    const { seal, identity } = await import(pathToFileURL(file).href)
    assert.match(identity.publicKey, /^[\w-]{43}$/)
    assert.is(seal.identityOf('kitchen', 'nobody'), undefined)
  })
})
