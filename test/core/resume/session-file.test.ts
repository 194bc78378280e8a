import { createHash } from 'node:crypto'
import { existsSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import * as assert from 'uvu/assert'
import type { SavedSession } from '../../../core/resume/saved-session.js'
import { SessionFile } from '../../../core/resume/session-file.js'
import { capturedLogger } from '../../captured-logger.js'
import { type Defer, suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

const NODES = ['A'.repeat(16), 'B'.repeat(16)]
const NOW = 1_800_000_000_000

const NOTHING = { sessions: [], incarnations: [] }

const saved = (n: number): SavedSession => ({
  id: `AAAAAAAA${String(n).padStart(8, '0')}`,
  principal: { id: `ключ ${n}\n`, grants: { rooms: ['a*'] }, expiresAt: NOW + n },
  address: '127.0.0.1',
  ticket: `hash ${n}`,
  spentTicket: n % 2 === 0 ? null : `spent ${n}`,
  lastId: n,
  lostCode: 1006,
  lostAt: NOW - n,
  outbox: { sent: n + 3, written: n + 1, frames: [Buffer.of(n, 0, 255), Buffer.alloc(n)] },
  refusals: [{ frame: Buffer.from('{"type":"error"}'), after: n }],
  rooms: [{ name: 'a', data: '{"name":"Ada"}', door: 'locked' }],
})

function setUp(defer: Defer) {
  const folder = temporaryFolder(defer)
  const path = join(folder, 'sessions')
  const { logger, lines } = capturedLogger()
  return { folder, path, file: new SessionFile(path, logger), lines }
}

suite('resume/session-file', (test) => {
  test('what was written is taken, once, and only its owner can read it meanwhile', (defer) => {
    const { folder, path, file, lines } = setUp(defer)
    const sessions = Array.from({ length: 100 }, (_, n) => saved(n))
    file.write({ sessions: sessions, incarnations: NODES }, NOW)
    assert.is(statSync(path).mode & 0o777, 0o600)
    assert.equal(readdirSync(folder), ['sessions'], 'nothing half-written is left')
    assert.equal(file.take(NOW + 1000, 30_000), { sessions, incarnations: NODES })
    assert.equal([existsSync(path), file.take(NOW, 30_000), lines], [false, NOTHING, []])
  })

  test('none, and more than one piece', (defer) => {
    const { file } = setUp(defer)
    file.write({ sessions: [], incarnations: NODES }, NOW)
    assert.equal(file.take(NOW, 1).sessions, [])
    const large = { ...saved(1), outbox: { sent: 1, written: 1, frames: [Buffer.alloc(3_000_000, 7)] } }
    file.write({ sessions: [large, saved(2), large], incarnations: NODES }, NOW)
    assert.equal(file.take(NOW, 1).sessions, [large, saved(2), large])
  })

  test('writing replaces what was there', (defer) => {
    const { path, file } = setUp(defer)
    writeFileSync(path, 'old', { mode: 0o644 })
    file.write({ sessions: [saved(1)], incarnations: NODES }, NOW)
    assert.is(statSync(path).mode & 0o777, 0o600)
    assert.is(file.take(NOW, 1).sessions.length, 1)
  })

  test('a file that is damaged anywhere, too old or of another version is refused, told, and gone', (defer) => {
    const { path, file, lines } = setUp(defer)
    file.write({ sessions: [saved(1), saved(2)], incarnations: NODES }, NOW)
    const good = readFileSync(path)
    const bad: [string, Buffer][] = [
      ['empty', Buffer.alloc(0)],
      ['not JSON', Buffer.from('\x00\xff'.repeat(100))],
      ['one line', Buffer.from('{}')],
      ['cut', good.subarray(0, good.length - 20)],
      ['without its end', good.subarray(0, good.lastIndexOf('\n', good.length - 2) + 1)],
      ['longer', Buffer.concat([good, Buffer.from('x')])],
      ...Array.from({ length: 40 }, (_, i): [string, Buffer] => {
        const changed = Buffer.from(good)
        const at = Math.floor((i * (good.length - 80)) / 40)
        changed[at] = changed[at]! ^ 1
        return [`byte ${at}`, changed]
      }),
    ]
    for (const [name, bytes] of bad) {
      lines.length = 0
      writeFileSync(path, bytes)
      assert.equal([file.take(NOW, 30_000), existsSync(path), lines.length], [NOTHING, false, 1], name)
      assert.match(JSON.stringify(lines), /sessions are lost: it is damaged/, name)
    }
    file.write({ sessions: [saved(1)], incarnations: NODES }, NOW)
    assert.equal(file.take(NOW + 30_001, 30_000), NOTHING)
    assert.match(JSON.stringify(lines), /too old/)
  })

  test('another version is left to it', (defer) => {
    const { path, file, lines } = setUp(defer)
    file.write({ sessions: [], incarnations: NODES }, NOW)
    const text = readFileSync(path, 'utf8').replace('"version":2', '"version":3')
    const body = text.slice(0, text.indexOf('\n') + 1)
    writeFileSync(
      path,
      `${body}${JSON.stringify({ sha256: createHash('sha256').update(body).digest('hex') })}\n`,
    )
    assert.equal(file.take(NOW, 30_000), NOTHING)
    assert.match(JSON.stringify(lines), /another version/)
  })

  test('a folder that is gone is told by write, and by take as if there were no file', (defer) => {
    const { folder, lines } = setUp(defer)
    const { logger } = capturedLogger()
    const file = new SessionFile(join(folder, 'none', 'sessions'), logger)
    assert.throws(() => file.write({ sessions: [], incarnations: NODES }, NOW), /ENOENT/)
    assert.equal([file.take(NOW, 1), lines], [NOTHING, []])
  })
})
