import * as assert from 'uvu/assert'
import {
  closeCodeOf,
  ERRORS,
  type ErrorCode,
  errorOfVerdict,
  REFUSED_CLOSE_CODES,
  SignalError,
} from '../../core/errors.js'
import { FIRST_FINAL_CLOSE_CODE } from '../../core/protocol.js'
import { suite } from '../suite.js'

const rows = Object.entries(ERRORS) as [ErrorCode, (typeof ERRORS)[ErrorCode]][]

suite('errors', (test) => {
  test('codes read E_WORDS, meanings are one sentence without a full stop', () => {
    for (const [code, { meaning }] of rows) {
      assert.match(code, /^E_[A-Z0-9]+(_[A-Z0-9]+)*$/)
      assert.match(meaning, /^[a-z][^\n]+[^.\n]$/, code)
    }
  })

  test('close codes of our own invite a reconnect exactly where a retry may help', () => {
    for (const [code, { close, retry }] of rows) {
      if (close === undefined || close < 4000) continue
      assert.ok(close <= 4999, code)
      assert.is(close < FIRST_FINAL_CLOSE_CODE, retry, code)
    }
    for (const [code, { retry, close }] of rows) {
      if (close === undefined || close >= 4000)
        assert.is(closeCodeOf(code) < FIRST_FINAL_CLOSE_CODE, retry, code)
    }
  })

  test('close codes are unique, so that a client can tell them apart', () => {
    const codes = [...rows.flatMap(([, { close }]) => close ?? []), ...Object.values(REFUSED_CLOSE_CODES)]
    assert.is(new Set(codes).size, codes.length, codes.join())
  })

  test('close codes below 4000 are those of RFC 6455 section 7.4.1', () => {
    const standard = rows.flatMap(([code, { close }]) => (close && close < 4000 ? [[code, close]] : []))
    assert.equal(Object.fromEntries(standard), {
      E_TOO_LARGE: 1009,
      E_UTF8: 1007,
      E_FRAME: 1002,
      E_BINARY: 1003,
    })
  })

  test('HTTP statuses are refusals', () => {
    for (const [code, { http }] of rows) if (http) assert.ok(http >= 400 && http <= 599, code)
  })

  test("verdicts are -1, -2, -3 … in the table's order, and lead back to their code", () => {
    const verdicts = rows.filter(([, { verdict }]) => verdict !== undefined)
    assert.equal(
      verdicts.map(([, { verdict }]) => verdict),
      verdicts.map((_, i) => -1 - i),
    )
    for (const [code, { verdict }] of verdicts) assert.is(errorOfVerdict(verdict!), code)
  })

  test('a verdict that is none is a mistake of ours', () => {
    for (const verdict of [0, 1, -99]) assert.is(errorOfVerdict(verdict), 'E_INTERNAL')
  })

  test('the table is frozen', () => {
    assert.throws(() => {
      ;(ERRORS as Record<string, unknown>).E_JSON = {}
    }, /read only/)
  })

  test('a SignalError says what the table says, or something better', () => {
    const plain = new SignalError('E_ROOM_FULL')
    assert.equal(
      [plain.name, plain.code, plain.message],
      ['SignalError', 'E_ROOM_FULL', ERRORS.E_ROOM_FULL.meaning],
    )
    assert.is(plain.retryAfterMs, undefined)
    const special = new SignalError('E_RATE', 'one offer a second', 900)
    assert.equal([special.message, special.retryAfterMs], ['one offer a second', 900])
    assert.instance(special, Error)
  })
})
