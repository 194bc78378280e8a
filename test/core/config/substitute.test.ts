// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a config look like templates
import * as assert from 'uvu/assert'
import { substitute } from '../../../core/config/substitute.js'
import { suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

suite('config/substitute', (test) => {
  test('replaces references wherever a string stands, several in one', () => {
    const env = { A: 'x', B: '${env:A}', EMPTY: '' }
    const value = { a: ['${env:A}', { b: '<${env:A}|${env:A}>' }], n: 1, t: true, z: null, e: '${env:EMPTY}' }
    assert.equal(substitute(value, { env, directory: '.' }), {
      a: ['x', { b: '<x|x>' }],
      n: 1,
      t: true,
      z: null,
      e: '',
    })
  })

  test('what comes in is text: references in it stay, and so do patterns of replace', () => {
    const env = { B: '${env:A}', C: '$& $1 $$' }
    assert.is(substitute('${env:B}', { env, directory: '.' }), '${env:A}')
    assert.is(substitute('${env:C}', { env, directory: '.' }), '$& $1 $$')
  })

  test('keys, and what only looks like a reference, stay', () => {
    const value = { '${env:A}': '${home} $env:A ${env:} {env:A}' }
    assert.equal(substitute(value, { env: { A: 'x' }, directory: '.' }), value)
  })

  test('files are read from the folder given, without their last line break', (defer) => {
    const directory = temporaryFolder(defer, { unix: 'a\nb\n', 'sub/dos': 'c\r\n', two: 'd\n\n', bare: 'e' })
    const value = ['${file:unix}', '${file:sub/dos}', '${file:./two}', `\${file:${directory}/bare}`]
    assert.equal(substitute(value, { env: {}, directory }), ['a\nb', 'c', 'd\n', 'e'])
  })

  test('every reference that leads nowhere is named, with where and what to do', (defer) => {
    const directory = temporaryFolder(defer)
    const value = { a: { secret: '${env:NOT_SET}' }, list: ['ok', '${file:none.key}'] }
    assert.throws(
      () => substitute(value, { env: {}, directory }),
      (error: Error) => {
        assert.equal(error.message.split('\n'), [
          'a.secret: environment variable NOT_SET is not set; set it, or replace ${env:NOT_SET}',
          "list[1]: file none.key can't be read (ENOENT); paths start at the config's folder",
        ])
        return true
      },
    )
  })

  test('the original stays as it was', () => {
    const value = { a: ['${env:A}'] }
    substitute(value, { env: { A: 'x' }, directory: '.' })
    assert.equal(value, { a: ['${env:A}'] })
  })
})
