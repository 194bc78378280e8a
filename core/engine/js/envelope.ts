/** The envelope: the outermost object of a message, of which a few keys concern us. */

import { KINDS, LIMITS } from '../../protocol.js'
import { FIELDS, type FieldName } from '../engine.js'
import { BROKEN, CLOSE_BRACE, COMMA, OPEN_BRACE, QUOTE, Scanner, ZERO } from './scanner.js'
import { E_ENVELOPE } from './verdicts.js'

export const FIELD = Object.fromEntries(FIELDS.map((name, field) => [name, field])) as Record<
  FieldName,
  number
>
const NONE = -1

/** What names a kind or a field, in bytes, and its number. */
interface Word {
  readonly bytes: Buffer
  readonly number: number
}

/** The words of each length. */
function byLength(numbers: Readonly<Record<string, number>>): readonly (readonly Word[])[] {
  const words = Object.entries(numbers).map(([text, number]) => ({ bytes: Buffer.from(text), number }))
  return Array.from({ length: 10 }, (_, length) => words.filter((word) => word.bytes.length === length))
}

const KIND_WORDS = byLength(KINDS)
const FIELD_WORDS = byLength(FIELD)
/** A word of at least two characters is at least this long when one of them is written as an escape. */
const ESCAPED_LENGTH = 7
/** The longest key and the longest type, when all of their characters are written as escapes. */
const LONGEST_ESCAPED = 9 * 6
/** From here on, `JSON.parse` beats the scanner at a value that is mostly one long string, as an SDP is. */
const LONG_VALUE_BYTES = 1024
/** `JSON.parse` makes an object or a key of each of these; with more of them it is the slower one. */
const FEW_QUOTES = 64

export class Envelope {
  readonly #bytes: Buffer
  readonly #scanner: Scanner
  /** For each field, where its value begins and ends; 0 and 0 when it is missing. */
  readonly #spans = new Int32Array(FIELDS.length * 2)

  /** `bytes` hold the message, and at least one NUL behind it. */
  constructor(bytes: Buffer) {
    this.#bytes = bytes
    this.#scanner = new Scanner(bytes)
  }

  /**
   * Validates the whole message and remembers where the fields' values are; of a duplicate key the last wins.
   * Returns 0, or E_JSON, E_NESTING, E_ENVELOPE.
   */
  read(length: number): number {
    const scanner = this.#scanner
    this.#spans.fill(0)
    const first = scanner.skipSpace(0)
    const isObject = this.#bytes[first] === OPEN_BRACE
    const end = isObject ? this.#members(scanner.skipSpace(first + 1), length) : scanner.value(first, 0)
    if (end === BROKEN || (scanner.skipSpace(end) !== length && scanner.broken())) return scanner.fault
    return isObject ? 0 : E_ENVELOPE
  }

  /** The members of the envelope; `first` is behind its opening brace and spaces. */
  #members(first: number, length: number): number {
    const bytes = this.#bytes
    const scanner = this.#scanner
    if (bytes[first] === CLOSE_BRACE) return first + 1
    for (let p = first; ; ) {
      const start = scanner.key(p)
      if (start === BROKEN) return BROKEN
      const field = this.#fieldOf(p + 1, start)
      let end =
        field === FIELD.data && length - start > LONG_VALUE_BYTES ? this.#lastValue(start, length) : BROKEN
      // The scanner alone decides what is broken, and how.
      if (end === BROKEN) end = scanner.value(start, 1)
      if (end === BROKEN) return BROKEN
      if (field !== NONE) {
        this.#spans[field * 2] = start
        this.#spans[field * 2 + 1] = end
      }
      p = scanner.skipSpace(end)
      if (bytes[p] === CLOSE_BRACE) return p + 1
      if (bytes[p] !== COMMA) return scanner.broken()
      p = scanner.skipSpace(p + 1)
    }
  }

  /**
   * Where the value at `start` ends, when it is the envelope's last, is valid, and can't nest too deeply; `BROKEN`
   * when that isn't certain.
   */
  #lastValue(start: number, length: number): number {
    const brace = this.#scanner.trimSpace(length) - 1
    if (brace < start || this.#bytes[brace] !== CLOSE_BRACE) return BROKEN
    // Known to be UTF-8, and all of its bytes above 7F are in strings or wrong: read as Latin-1 it is as valid.
    const text = this.#bytes.toString('latin1', start, brace)
    const deepest = LIMITS.nesting - 1 // the envelope is one
    if (count(text, '"', FEW_QUOTES) > FEW_QUOTES) return BROKEN
    if (count(text, '{', deepest) + count(text, '[', deepest) > deepest) return BROKEN
    try {
      JSON.parse(text)
    } catch {
      return BROKEN
    }
    return this.#scanner.trimSpace(brace)
  }

  /** Which field the key that begins at `key` (behind its quote) names; the value begins at `value`. */
  #fieldOf(key: number, value: number): number {
    let end = value - 1
    while (this.#bytes[end] !== QUOTE) end--
    return this.#word(FIELD_WORDS, key, end)
  }

  /** The number of the word that is written from `start` to `end`, escaped or not; -1 for none of them. */
  #word(words: readonly (readonly Word[])[], start: number, end: number): number {
    const length = end - start
    if (length < words.length) {
      const found = find(words[length]!, this.#bytes, start)
      if (found !== NONE) return found
    }
    if (length < ESCAPED_LENGTH || length > LONGEST_ESCAPED) return NONE
    const text = this.text(start, end)
    return text.length < words.length ? find(words[text.length]!, Buffer.from(text), 0) : NONE
  }

  has(field: number): boolean {
    return this.#spans[field * 2] !== 0
  }

  hasString(field: number): boolean {
    return this.has(field) && this.#bytes[this.start(field)] === QUOTE
  }

  start(field: number): number {
    return this.#spans[field * 2]!
  }

  end(field: number): number {
    return this.#spans[field * 2 + 1]!
  }

  /** The characters of a JSON string (`start` to `end`, without its quotes), unescaped. Makes a string: the cold path. */
  text(start: number, end: number): string {
    return JSON.parse(this.#bytes.toString('utf8', start - 1, end + 1)) as string
  }

  /** The field's value when it is an integer from 0 to 2^53-1 written in digits alone, else -1. */
  integer(field: number): number {
    const start = this.start(field)
    const end = this.end(field)
    if (start === 0 || end - start > 16) return NONE
    let value = 0
    for (let p = start; p < end; p++) {
      const digit = this.#bytes[p]! - ZERO
      if (digit < 0 || digit > 9) return NONE
      value = value * 10 + digit
    }
    return value > Number.MAX_SAFE_INTEGER ? NONE : value
  }

  /** The kind that the field `type` names, or -1. */
  kind(): number {
    if (!this.hasString(FIELD.type)) return NONE
    return this.#word(KIND_WORDS, this.start(FIELD.type) + 1, this.end(FIELD.type) - 1)
  }
}

/** How often a character occurs in a text; counting ends above `limit`. */
function count(text: string, character: string, limit: number): number {
  let found = 0
  for (let i = text.indexOf(character); i !== -1 && found <= limit; i = text.indexOf(character, i + 1))
    found++
  return found
}

/** The word that stands at `start`; all of `words` are of one length. */
function find(words: readonly Word[], bytes: Buffer, start: number): number {
  for (let w = 0; w < words.length; w++) {
    const word = words[w]!
    let i = 0
    while (i < word.bytes.length && bytes[start + i] === word.bytes[i]) i++
    if (i === word.bytes.length) return word.number
  }
  return NONE
}
