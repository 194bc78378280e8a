import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { files, read } from './source-tree.js'

/** Files without code of their own: contracts, and lists of names. Each is what the file beside it says. */
const NOTHING_TO_RUN: ReadonlySet<string> = new Set([
  'core/bus/broker.ts',
  'core/cluster/cluster.ts',
  'core/cluster/handover/gate.ts',
  'core/cluster/links/link.ts',
  'core/cluster/presence/remote-member.ts',
  'core/contracts/auth.ts',
  'core/contracts/balancer.ts',
  'core/contracts/bus.ts',
  'core/contracts/observer.ts',
  'core/contracts/policy.ts',
  'core/contracts/transport.ts',
  'core/engine/engine.ts',
  'client/clock.ts',
  'client/index.ts',
])

/** Files that are tested under another name, and why. */
const TESTED_ELSEWHERE: Readonly<Record<string, string>> = {
  'core/sessions/arrivals.ts': 'test/core/hub/hub.test.ts',
  'core/cluster/presence/share.ts': 'test/core/cluster/presence/neighbour.test.ts',
  'core/cluster/surroundings.ts': 'test/core/cluster/presence/presence.test.ts',
  'core/rooms/doors.ts': 'test/core/rooms/moderation.test.ts',
  'core/rooms/early-joins.ts': 'test/core/hub/hub.test.ts',
  'core/cluster/handover/arrival.ts': 'test/core/cluster/handover/handover.test.ts',
  'core/cluster/handover/departure.ts': 'test/core/cluster/handover/handover.test.ts',
  'core/cluster/handover/departures.ts': 'test/core/cluster/handover/handover.test.ts',
  'core/cluster/handover/expected.ts': 'test/core/cluster/handover/handover.test.ts',
  'core/cluster/handover/rehoming.ts': 'test/core/cluster/handover/handover.test.ts',
  'core/resume/transit.ts': 'test/core/resume/keeping.test.ts',
  'core/hub/relay.ts': 'test/core/hub/dispatch.test.ts',
  'core/sessions/welcome.ts': 'test/core/hub/hub.test.ts',
  'core/strays.ts': 'test/cli/start.test.ts',
  'core/tokens.ts': 'test/core/api.test.ts',
  'core/access/local-authority.ts': 'test/core/http/operations.test.ts',
  'core/cluster/links/sequenced-link.ts': 'test/core/cluster/links/links.test.ts',
  'core/cluster/orders/order-records.ts': 'test/core/cluster/orders/orders.test.ts',
  'core/cluster/orders/moderation-records.ts': 'test/core/cluster/orders/moderation-abroad.test.ts',
  'core/cluster/orders/order-replies.ts': 'test/core/cluster/orders/orders.test.ts',
  'core/resume/configured-file.ts': 'test/core/resume/keeping.test.ts',
  'core/hub/requests.ts': 'test/core/hub/dispatch.test.ts',
  'core/engine/check.ts': 'test/core/engine/wasm.test.ts',
  'core/engine/js.ts': 'test/core/engine/verdicts.test.ts',
  'core/engine/js/envelope.ts': 'test/core/engine/verdicts.test.ts',
  'core/engine/js/rooms.ts': 'test/core/engine/rooms.test.ts',
  'core/engine/js/scanner.ts': 'test/core/engine/verdicts.test.ts',
  'core/engine/js/verdicts.ts': 'test/core/engine/verdicts.test.ts',
  'core/cli/main.ts': 'test/cli/main.test.ts',
  'core/cli/start.ts': 'test/cli/start.test.ts',
  'core/cli/check.ts': 'test/cli/check.test.ts',
  'core/cli/schema.ts': 'test/cli/schema.test.ts',
  'core/cli/hash-token.ts': 'test/cli/hash-token.test.ts',
  'core/cli/arguments.ts': 'test/cli/main.test.ts',
  'core/cli/usage-error.ts': 'test/cli/main.test.ts',
}

const all = files()
const tests = new Set(all.filter((path) => path.endsWith('.test.ts')))

/** `core/engine/js/scan.ts` is covered by its own test, or by that of the folder it is part of. */
function testOf(path: string): string | undefined {
  const parts = path.replace(/\.ts$/, '').split('/')
  for (let length = parts.length; length >= 2; length--) {
    const candidate = `test/${parts.slice(0, length).join('/')}.test.ts`
    if (tests.has(candidate)) return candidate
  }
  return undefined
}

suite('guard/mirror', (test) => {
  test('every file of core/ and plugins/ has a test that mirrors it', () => {
    const sources = all.filter((path) => /^(core|plugins)\/.*\.ts$/.test(path))
    assert.ok(sources.length > 50)
    const untested = sources.filter(
      (path) =>
        !NOTHING_TO_RUN.has(path) && TESTED_ELSEWHERE[path] === undefined && testOf(path) === undefined,
    )
    assert.equal(untested, [])
  })

  test('the exceptions are real: their files exist, and run nothing or are tested where it says', () => {
    for (const path of NOTHING_TO_RUN) assert.ok(all.includes(path), path)
    for (const path of [...NOTHING_TO_RUN].filter((name) => name.startsWith('core/contracts/'))) {
      assert.not.match(read(path), /^export (const|function|class|let|enum)/m, path)
    }
    for (const [path, at] of Object.entries(TESTED_ELSEWHERE)) {
      assert.ok(all.includes(path), path)
      assert.ok(tests.has(at), at)
    }
  })

  test('every test can run: it defines a suite by the helper that bounds it', () => {
    for (const path of tests) assert.match(read(path), /from '(\.\.\/)*(\.\/)?suite\.js'/, path)
  })
})
