import { copyFileSync, renameSync, writeFileSync } from 'node:fs'
import { dirname, join } from 'node:path'
import type { SecureContextOptions } from 'node:tls'
import { pino } from 'pino'
import * as assert from 'uvu/assert'
import { type Clock, systemClock } from '../../../core/clock.js'
import { TlsFiles } from '../../../core/http/tls-files.js'
import { capturedLogger } from '../../captured-logger.js'
import { Authority, opensslMissing, type Pair } from '../../certificates.js'
import { until } from '../../live-server.js'
import { type Defer, suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

const silent = pino({ level: 'silent' })
const options = { directory: '/', clock: systemClock, logger: silent }
const paths = ({ cert, key }: Pair) => ({ cert, key })

/** A clock whose regular timers run when the test says so, and whose others never do. */
function stillClock(): { clock: Clock; tick: () => void } {
  const regular: (() => void)[] = []
  const never = { cancel: () => {} }
  const clock: Clock = {
    now: () => Date.now(),
    monotonic: () => 0,
    after: () => never,
    every: (_ms, callback) => {
      regular.push(callback)
      return never
    },
  }
  const tick = () => {
    for (const callback of regular) callback()
  }
  return { clock, tick }
}

/** Files in use, followed; and what a change of them has led to. */
function followed(defer: Defer, first: Pair, clock: Clock) {
  const folder = temporaryFolder(defer)
  const used = { cert: join(folder, 'cert.pem'), key: join(folder, 'key.pem') }
  const put = ({ cert, key }: Partial<Pair>) => {
    for (const [from, to] of [
      [cert, used.cert],
      [key, used.key],
    ] as const) {
      if (from === undefined) continue
      copyFileSync(from, `${to}.new`)
      renameSync(`${to}.new`, to)
    }
  }
  put(first)
  const { logger, lines } = capturedLogger()
  const files = new TlsFiles({ cert: 'cert.pem', key: 'key.pem' }, { directory: folder, clock, logger })
  const applied: SecureContextOptions[] = []
  files.follow((context) => applied.push(context))
  defer(() => files.stop())
  return { folder, used, put, applied, lines }
}

suite('tls-files', (test) => {
  if (opensslMissing !== undefined) {
    test.skip('certificates', opensslMissing)
    return
  }

  test('what no client would accept is refused at the start, and says where and what', (defer) => {
    const authority = new Authority(defer)
    const [good, other, expired] = [authority.issue('a'), authority.issue('b'), authority.issue('old', -1)]
    const folder = temporaryFolder(defer, { 'junk.pem': 'junk' })
    const junk = join(folder, 'junk.pem')
    const missing = join(folder, 'missing.pem')
    const cases: [object, RegExp][] = [
      [
        { cert: missing, key: good.key },
        /^listen\.tls\.cert: \S+ can't be read \(ENOENT\); name a PEM file$/,
      ],
      [{ cert: junk, key: good.key }, /^listen\.tls\.cert: holds no certificate/],
      [{ cert: good.cert, key: other.key }, /^listen\.tls\.key: is not the certificate's private key/],
      [{ cert: good.cert, key: junk }, /^listen\.tls\.key: is not the certificate's private key/],
      [paths(expired), /^listen\.tls\.cert: has expired on .*; renew it$/],
      [{ ...good, clientCa: junk }, /^listen\.tls\.clientCa: holds no certificate/],
    ]
    for (const [config, message] of cases) {
      assert.throws(
        () => new TlsFiles(config as Pair, options),
        (error: Error) => message.test(error.message) && !error.message.includes('PRIVATE'),
        String(message),
      )
    }
    assert.is(typeof new TlsFiles({ ...good, clientCa: authority.cert }, options).context.ca, 'string')
  })

  test('relative paths start at the directory', (defer) => {
    const { cert, key } = new Authority(defer).issue('a')
    const directory = dirname(cert)
    const relative = { cert: cert.slice(directory.length + 1), key: key.slice(directory.length + 1) }
    assert.ok(new TlsFiles(relative, { ...options, directory }).context.cert)
  })

  test('files that take the place of the old ones are noticed, and told once', async (defer) => {
    const authority = new Authority(defer)
    const [first, second] = [authority.issue('first'), authority.issue('second')]
    const { put, applied, lines } = followed(defer, first, systemClock)
    put(second)
    await until(() => applied.length === 1, 'the files to be read again')
    assert.is(applied[0]!.cert, new TlsFiles(second, options).context.cert)
    assert.is(lines.filter(({ msg }) => msg === 'serving with the new certificate').length, 1)
  })

  test('where nothing tells of changes, they are found all the same', (defer) => {
    const authority = new Authority(defer)
    const [first, second] = [authority.issue('first'), authority.issue('second')]
    const { clock, tick } = stillClock()
    const { put, applied } = followed(defer, first, clock)
    tick()
    assert.is(applied.length, 0)
    put(second)
    tick()
    tick()
    assert.is(applied.length, 1)
  })

  test('a bad pair is refused and logged once; the right one then counts', (defer) => {
    const authority = new Authority(defer)
    const [first, second, expired] = [
      authority.issue('first'),
      authority.issue('second'),
      authority.issue('old', -1),
    ]
    const { clock, tick } = stillClock()
    const { put, used, applied, lines } = followed(defer, first, clock)
    const complaints = () => lines.filter(({ msg }) => msg === 'a new certificate is bad; the old one stays')
    put({ cert: second.cert }) // the key is still on its way
    tick()
    tick()
    assert.equal([applied.length, complaints().length], [0, 1])
    assert.match(String(complaints()[0]!.why), /^listen\.tls\.key/)
    put({ key: second.key })
    tick()
    assert.equal([applied.length, complaints().length], [1, 1])
    put(expired)
    tick()
    writeFileSync(used.cert, 'half of a certi')
    tick()
    assert.equal([applied.length, complaints().length], [1, 3])
    put(second)
    tick()
    assert.equal([applied.length, applied[1]?.cert === applied[0]!.cert], [2, true])
    assert.not.match(JSON.stringify(lines), /PRIVATE|BEGIN/)
  })
})
