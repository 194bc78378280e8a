import { readdirSync, readFileSync, statSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { LineFile } from '../../../../plugins/observer/audit/line-file.js'
import { rejection } from '../../../rejection.js'
import { suite } from '../../../suite.js'
import { temporaryFolder } from '../../../temporary-folder.js'

suite('observer/audit: line file', (test) => {
  test('appends to what is there, and is for its owner alone', async (defer) => {
    const folder = temporaryFolder(defer)
    const path = `${folder}/audit.log`
    for (const text of ['one\n', 'two\n']) {
      const file = new LineFile(path, 1000, 3)
      await file.open()
      await file.append(text)
      await file.close()
      await file.close()
    }
    assert.is(readFileSync(path, 'utf8'), 'one\ntwo\n')
    assert.is(statSync(path).mode & 0o777, 0o600)
  })

  test('is put aside before it grows too large, and the oldest goes', async (defer) => {
    const folder = temporaryFolder(defer)
    const file = new LineFile(`${folder}/audit.log`, 10, 2)
    await file.open()
    for (const text of ['aaaaaaaa\n', 'bb\n', 'cccccc\n', 'ddddddddddddddd\n', 'e\n']) await file.append(text)
    await file.close()
    const files = Object.fromEntries(
      readdirSync(folder).map((name) => [name, readFileSync(`${folder}/${name}`, 'utf8')]),
    )
    assert.equal(files, {
      'audit.log': 'e\n',
      'audit.log.1': 'ddddddddddddddd\n',
      'audit.log.2': 'bb\ncccccc\n',
    })
  })

  test('counts what was in the file before', async (defer) => {
    const folder = temporaryFolder(defer, { 'audit.log': '12345678\n' })
    const file = new LineFile(`${folder}/audit.log`, 10, 1)
    await file.open()
    await file.append('ab\n')
    await file.close()
    assert.is(readFileSync(`${folder}/audit.log.1`, 'utf8'), '12345678\n')
  })

  test('a place that can not be written is an error, not a crash', async (defer) => {
    const file = new LineFile(`${temporaryFolder(defer)}/missing/audit.log`, 10, 1)
    assert.is((await rejection<NodeJS.ErrnoException>(file.open())).code, 'ENOENT')
    assert.is((await rejection<NodeJS.ErrnoException>(file.append('x'))).code, 'ENOENT')
  })
})
