import * as assert from 'uvu/assert'
import { ERRORS, type ErrorCode, REFUSED_CLOSE_CODES } from '../../core/errors.js'
import { suite } from '../suite.js'
import { headings } from './markdown.js'
import { files, read } from './source-tree.js'

const page = headings(read('docs/reference/errors.md'))
const codes = Object.keys(ERRORS) as ErrorCode[]

suite('guard/errors', (test) => {
  test('every code has its heading, in the order of the table, and no heading is without a code', () => {
    const titles = page.filter(({ level }) => level === 3).map(({ title }) => title)
    assert.equal(titles, codes)
  })

  test('each says what the table says, and then what to do about it', () => {
    for (const { title, body } of page.filter(({ level }) => level === 3)) {
      const { meaning, retry, close, http } = ERRORS[title as ErrorCode]
      const facts = [`retry: ${retry ? 'yes' : 'no'}`, close && `close: ${close}`, http && `http: ${http}`]
      const [sentence, advice] = body.trim().split(/\n_.*_\n/)
      assert.is(sentence!.replaceAll('\n', ' ').toLowerCase(), `${meaning}.`.toLowerCase(), title)
      assert.match(body, `\n_${facts.filter(Boolean).join(' · ')}_\n`, title)
      assert.ok((advice ?? '').trim().length > 20, `${title}: what to do`)
    }
  })

  test('the code for everything without one of its own is told', () => {
    assert.match(
      read('docs/reference/errors.md'),
      new RegExp(`closes with ${REFUSED_CLOSE_CODES.retry} .* or ${REFUSED_CLOSE_CODES.final}`, 's'),
    )
  })

  test('no code is named anywhere that the table lacks', () => {
    const known = new Set<string>(codes)
    const unknown = files()
      .filter((path) => /^(core|plugins|docs|examples)\/.*\.(ts|md)$/.test(path))
      .flatMap((path) =>
        [...read(path).matchAll(/\bE_[A-Z]+(?:_[A-Z]+)*\b/g)]
          .filter(([code]) => !known.has(code) && !read('client/errors.ts').includes(code))
          .map(([code]) => `${path}: ${code}`),
      )
    assert.equal(unknown, [])
  })

  test('every code is used', () => {
    const used = files()
      .filter((path) => /^(core|plugins|examples)\/.*\.ts$/.test(path) && path !== 'core/errors.ts')
      .map(read)
      .join('\n')
    const verdicts = codes.filter((code) => ERRORS[code].verdict === undefined)
    assert.equal(
      verdicts.filter((code) => !used.includes(`'${code}'`)),
      [],
    )
  })
})
