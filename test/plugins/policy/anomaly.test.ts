import * as assert from 'uvu/assert'
import { ERRORS, type ErrorCode } from '../../../core/errors.js'
import { FIGURES, figureOf, PERCENT_REFUSED } from '../../../plugins/policy/anomaly/figures.js'
import { type Finding, Profiles } from '../../../plugins/policy/anomaly/profiles.js'
import anomaly from '../../../plugins/policy/anomaly.js'
import { construct, policyContract } from '../../contract/index.js'
import { liveServer } from '../../live-server.js'
import { ENGINES, suite } from '../../suite.js'
import { Drill } from './anomaly/drill.js'

const ADDRESS = '203.0.113.66'
const MALFORMED = figureOf('E_JSON')!

function profiles(sensitivity = 6) {
  const found: Finding[] = []
  const one = new Profiles(sensitivity, (finding) => found.push(finding))
  return { profiles: one, found, subject: one.hold('ada') }
}

suite('policy/anomaly', (test) => {
  for (const { name, run } of policyContract({ make: () => construct(anomaly, { exempt: [] }) }))
    test(name, run)

  test('every step says which figure exceeded what, and what is customary', () => {
    const { profiles: some, found, subject } = profiles()
    const steps = Array.from({ length: 321 }, () => some.add(subject, MALFORMED, 1, 500))
    assert.equal(
      found.map(({ name, figure, value, limit, step }) => [name, figure, value, limit, step]),
      [
        ['ada', 'malformed messages', 41, 40, 1],
        ['ada', 'malformed messages', 80, 40, 2],
        ['ada', 'malformed messages', 160, 40, 3],
        ['ada', 'malformed messages', 320, 40, 4],
      ],
    )
    for (const { customary, deviations } of found)
      assert.ok(customary === 0 && deviations > 5, `${deviations}`)
    assert.equal([steps[40], steps[79], steps[159], steps[319]], [0, 2, 3, 4])
    assert.ok(some.waitMs(subject, 500) > 0)
  })

  test('goes on for longer: one step higher in each window, and lower again when it is calm', () => {
    const { profiles: some, found, subject } = profiles()
    const burst = (window: number): number => {
      for (let i = 0; i < 45; i++) some.add(subject, MALFORMED, 1, window * 10_000)
      return found.at(-1)!.step
    }
    assert.equal([burst(0), burst(1), burst(2), burst(3)], [1, 2, 3, 4])
    for (let window = 4; window < 10; window++) some.add(subject, MALFORMED, 1, window * 10_000)
    assert.is(burst(10), 1)
  })

  test('what is customary for somebody is no anomaly, up to where it is for everybody', () => {
    const { profiles: some, found, subject } = profiles()
    const window = (n: number, count: number) => {
      for (let i = 0; i < count; i++) some.add(subject, MALFORMED, 1, n * 10_000)
    }
    for (let n = 0; n < 200; n++) window(n, 30)
    window(200, 200)
    assert.equal(found, [], 'thirty are usual')
    window(201, 401)
    assert.ok(found.length > 0, 'louder than anything may be')
  })

  test('many connections may do as much more, but not of what is absolute', () => {
    const { profiles: some, found, subject } = profiles()
    for (let i = 0; i < 10; i++) some.connected(subject, 1)
    for (let i = 0; i < 400; i++) some.add(subject, MALFORMED, 1, 0)
    assert.equal(found, [])
    some.add(subject, MALFORMED, 1, 0)
    assert.is(found.length, 1)
    const other = some.hold('bob')
    for (let i = 0; i < 10; i++) some.connected(other, 1)
    for (let i = 0; i < 31; i++) some.add(other, figureOf('E_AUTH')!, 1, 0)
    assert.equal([found.length, found[1]!.figure], [2, 'wrong tokens'])
  })

  test('the share of refusals counts when there is enough to count', () => {
    const { profiles: some, found, subject } = profiles()
    for (let i = 0; i < 199; i++) some.addRefusal(subject, 0)
    assert.equal(found, [])
    some.addRefusal(subject, 0)
    assert.equal([found[0]!.figure, found[0]!.value], [FIGURES[PERCENT_REFUSED].name, 100])
  })

  test('connections in no room count when they have been idle for a whole window, wherever it began', () => {
    for (const startMs of [0, 9_500]) {
      const { profiles: some, found, subject } = profiles()
      const open = (count: number, now: number) => {
        for (let i = 0; i < count; i++) {
          some.idled(subject, 1)
          some.judgeIdle(subject, now + i)
        }
      }
      open(1000, startMs)
      some.idled(subject, -1000)
      open(1, startMs + 20_000)
      open(1, startMs + 30_000)
      assert.equal(found, [], 'an office that joins at once')
      open(1000, startMs + 40_000)
      for (const later of [50_000, 60_000, 70_000]) open(1, startMs + later)
      assert.is(found[0]!.figure, 'connections in no room')
    }
  })

  test('does no more than it was told to', () => {
    for (const [respond, refused, banned] of [
      ['log', false, false],
      ['throttle', true, false],
      ['close', true, false],
      ['ban', true, true],
    ] as const) {
      const drill = new Drill({ respond })
      const slot = drill.connect('mallory', ADDRESS)
      for (let i = 0; i < 500; i++) drill.say(slot, 'publish', 1000)
      assert.equal([drill.refusedAt !== -1, drill.banned.length > 0], [refused, banned], respond)
      assert.ok(drill.noticed.length >= 4, respond)
      assert.is(drill.noticed.at(-1)!.action, respond)
    }
  })

  test('the ban is of the principal and of the address, and says why', () => {
    const drill = new Drill({ banSeconds: 77 })
    const slot = drill.connect('mallory', ADDRESS)
    for (let i = 0; i < 500; i++) drill.say(slot, 'publish', 1000)
    assert.equal(drill.banned.map(({ kind, name, forMs }) => [kind, name, forMs]).sort(), [
      ['address', ADDRESS, 77_000],
      ['principal', 'mallory', 77_000],
    ])
    assert.match(drill.banned[0]!.why, /^anomaly: deliveries: 400000 in 10 s, limit 50000$/)
  })

  test('exempt networks are not watched', () => {
    const drill = new Drill({ exempt: ['203.0.113.0/24'] })
    for (let i = 0; i < 2000; i++) drill.connect('nobody', ADDRESS, 'E_AUTH')
    assert.equal(drill.noticed, [])
    assert.throws(() => construct(anomaly, { exempt: ['all'] }), /^exempt\[0\]: must be/)
  })

  test('every code of the table is judged one way or left alone on purpose', () => {
    const alone = (Object.keys(ERRORS) as ErrorCode[]).filter((code) => figureOf(code) === undefined)
    for (const code of ['E_BUSY', 'E_TIMEOUT', 'E_INTERNAL', 'E_RATE', 'E_BANNED'] as const) {
      assert.ok(alone.includes(code), code)
    }
    assert.ok(alone.length < Object.keys(ERRORS).length / 2 + 8)
  })
})

for (const engine of ENGINES) {
  suite(`policy/anomaly: in a server (${engine})`, (test) => {
    const token = 'a-token-of-a-kiosk-0001'
    const plugins = (options: object = {}) => ({
      plugins: {
        auth: [{ use: 'token', options: { tokens: [{ token, name: 'ada' }] } }],
        policy: [{ use: 'anomaly', options: { exempt: [], ...options } }],
      },
    })

    test('a malformed burst is closed', async (defer) => {
      const live = await liveServer(defer, engine, plugins())
      const ada = await live.client({ token })
      for (let i = 0; i < 400; i++) ada.send('{')
      const { code } = await ada.closed
      assert.ok(code === 4007 || code === 4505, `${code}`)
    })

    test('guessing tokens is slowed down, and says nothing about the tokens', async (defer) => {
      const live = await liveServer(defer, engine, plugins())
      const codes = new Set<string>()
      const guess = async (i: number) => {
        const client = live.dial({ token: `guess-number-${i}-of-many` })
        const answer = await Promise.race([client.refused, client.closed])
        codes.add('body' in answer ? JSON.parse(answer.body).code : String(answer.code))
      }
      for (let i = 0; i < 300 && !codes.has('E_RATE'); i += 20) {
        await Promise.all(Array.from({ length: 20 }, (_, j) => guess(i + j)))
      }
      assert.equal([...codes], ['4501', 'E_RATE'])
    }, 30_000)
  })
}
