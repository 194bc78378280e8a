import * as assert from 'uvu/assert'
import { Access } from '../../../core/access/access.js'
import type { Auth, Principal } from '../../../core/contracts/auth.js'
import type { AttemptContext, JoinContext, Policy } from '../../../core/contracts/policy.js'
import { SignalError } from '../../../core/errors.js'
import { capturedLogger } from '../../captured-logger.js'
import { FakeClock } from '../../contract/fake-clock.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'

const ADA: Principal = { id: 'ada', grants: { rooms: ['a', 'b'] } }
const CREDENTIALS = { token: undefined, address: '127.0.0.1' }
const JOIN: JoinContext = {
  principal: ADA,
  peer: 'p',
  slot: 0,
  room: 'a',
  roomNumber: -1,
  members: 0,
  now: 0,
}
const CONNECT = { principal: ADA, peer: 'p', slot: 0, address: '127.0.0.1', now: 0, iceServers: [] }
const ATTEMPT: AttemptContext = { address: '127.0.0.1', resumes: false, now: 0 }
function setUp(auth: Auth[], policies: Policy[] = []) {
  const clock = new FakeClock()
  const { logger, lines } = capturedLogger()
  return { access: new Access(auth, policies, { clock, limitMs: 1000, logger }), clock, lines }
}

const says = (answer: Principal | undefined): Auth => ({ authenticate: () => answer })
const throws = (error: unknown) => (): never => {
  throw error
}
const never = () => new Promise<never>(() => {})

suite('access: auth', (test) => {
  test('the first that answers decides; undefined passes the question on', async () => {
    const asked: string[] = []
    const chain = ['x', 'y', 'z'].map((name) => ({
      async authenticate() {
        asked.push(name)
        return name === 'y' ? ADA : undefined
      },
    }))
    const { access } = setUp(chain)
    assert.equal(await access.authenticate(CREDENTIALS), ADA)
    assert.equal(asked, ['x', 'y'])
  })

  test('whatever is wrong with a credential: the same words, at the same moment, and nothing of it in the log', async () => {
    const expired = { ...ADA, expiresAt: FakeClock.EPOCH }
    const slow = (clock: FakeClock, ms: number): Auth => ({
      authenticate: () => new Promise((resolve) => clock.after(ms, () => resolve(undefined))),
    })
    const wrongs: readonly [string, (clock: FakeClock) => Auth[], string | undefined][] = [
      ['nobody to ask', () => [], 'a wrong token'],
      ['nobody who knows', () => [says(undefined), says(undefined)], 'a wrong token'],
      ['nothing presented', () => [says(undefined)], undefined],
      ['refused', () => [{ authenticate: throws(new SignalError('E_AUTH', 'signature')) }], 'a wrong token'],
      ['past its time', () => [says(expired)], 'a wrong token'],
      ['too long, though known', () => [says(ADA)], 'x'.repeat(8193)],
      ['takes some work', (clock) => [slow(clock, 37)], 'a wrong token'],
    ]
    const answers = new Set<string>()
    for (const [what, chain, token] of wrongs) {
      const clock = new FakeClock()
      const { logger, lines } = capturedLogger()
      const access = new Access(chain(clock), [], { clock, limitMs: 1000, logger })
      let answered: number | undefined
      const refused = rejection<SignalError>(access.authenticate({ token, address: '127.0.0.1' })).then(
        (error) => {
          answered = clock.monotonic()
          return error
        },
      )
      for (let ms = 0; ms < 200 && answered === undefined; ms++) {
        await new Promise(setImmediate)
        clock.advance(1)
      }
      const { code, message } = await refused
      answers.add(`${code} ${message} ${answered}`)
      assert.is(answers.size, 1, `${what}: ${[...answers]}`)
      assert.is(clock.pending, 0, what)
      assert.not.match(JSON.stringify(lines), /a wrong token|xxxx/)
    }
    assert.match([...answers][0]!, /^E_AUTH .* 10\d$/)
  })

  test('a refusal ends the chain', async () => {
    const chain = [{ authenticate: throws(new SignalError('E_AUTH', 'no')) }, says(ADA)]
    const { access, clock } = setUp(chain)
    const refused = rejection<SignalError>(access.authenticate(CREDENTIALS))
    await new Promise(setImmediate)
    clock.advance(100)
    assert.is((await refused).code, 'E_AUTH')
  })

  test('a mistake goes to the log, not to the client', async () => {
    for (const authenticate of [throws(new Error('password is hunter2')), () => Promise.reject('hunter2')]) {
      const { access, lines } = setUp([{ authenticate }])
      const error = await rejection<SignalError>(access.authenticate(CREDENTIALS))
      assert.is(error.code, 'E_INTERNAL')
      assert.not.match(error.message, /hunter2/)
      assert.match(JSON.stringify(lines), /hunter2/)
    }
  })

  test('a plugin that never answers: E_TIMEOUT at the limit, for the whole chain', async () => {
    const { access, clock } = setUp([says(undefined), { authenticate: never }])
    const refused = rejection<SignalError>(access.authenticate(CREDENTIALS))
    await new Promise(setImmediate)
    clock.advance(1000)
    assert.is((await refused).code, 'E_TIMEOUT')
    assert.is(clock.pending, 0)
  })

  test('a principal that expires later comes in', async () => {
    const at = (expiresAt: number) => setUp([says({ ...ADA, expiresAt })]).access.authenticate(CREDENTIALS)
    assert.is((await at(FakeClock.EPOCH + 1)).expiresAt, FakeClock.EPOCH + 1)
  })

  test("the principal is a frozen copy: the plugin's own stays as it is", async () => {
    const own = { id: 'ada', grants: { publish: true } }
    const principal = await setUp([says(own)]).access.authenticate(CREDENTIALS)
    assert.ok(Object.isFrozen(principal) && Object.isFrozen(principal.grants))
    assert.not(Object.isFrozen(own) || Object.isFrozen(own.grants))
  })
})

suite('access: policies', (test) => {
  test('are asked in order, each with its own `this`, until one refuses', async () => {
    const asked: string[] = []
    class Named implements Policy {
      constructor(
        readonly name: string,
        readonly error?: SignalError,
      ) {}
      async onConnect() {
        asked.push(this.name)
        if (this.error) throw this.error
      }
    }
    const full = new SignalError('E_BUSY', 'full')
    const { access } = setUp([], [new Named('a'), {}, new Named('b', full), new Named('c')])
    assert.is(await rejection(access.connect(CONNECT)), full)
    assert.equal(asked, ['a', 'b'])
  })

  test('an attempt is refused by throwing, at once', () => {
    const busy = new SignalError('E_BUSY')
    let asked = 0
    const { access } = setUp([], [{ onAttempt: throws(busy) }, { onAttempt: () => void asked++ }])
    assert.throws(
      () => access.attempt(ATTEMPT),
      (error: SignalError) => error === busy,
    )
    assert.is(asked, 0)
  })

  test("an attempt may wait, within the bound; nobody waits who needn't", async () => {
    const asked: boolean[] = []
    const { access, clock } = setUp([], [{ onAttempt: ({ resumes }) => (resumes ? undefined : never()) }])
    assert.is(access.attempt({ ...ATTEMPT, resumes: true }), undefined)
    const refused = rejection<SignalError>(Promise.resolve(access.attempt(ATTEMPT)))
    clock.advance(1000)
    assert.is((await refused).code, 'E_TIMEOUT')
    const next = { onAttempt: ({ resumes }: AttemptContext) => void asked.push(resumes) }
    await setUp([], [{ onAttempt: async () => {} }, next]).access.attempt(ATTEMPT)
    assert.equal(asked, [false])
  })

  test('connections are bounded too', async () => {
    const { access, clock } = setUp([], [{ onConnect: never }])
    const refused = rejection<SignalError>(access.connect(CONNECT))
    clock.advance(1000)
    assert.is((await refused).code, 'E_TIMEOUT')
  })

  test('a join asks the grants first', () => {
    let asked = 0
    const { access } = setUp([], [{ onJoin: () => void asked++ }])
    assert.throws(
      () => access.join({ ...JOIN, room: 'c' }),
      (error: SignalError) => error.code === 'E_FORBIDDEN',
    )
    assert.is(asked, 0)
  })

  test('a join that every policy answers at once takes no tick', () => {
    let asked = 0
    const { access, clock } = setUp([], [{ onJoin: () => void asked++ }, { onJoin: () => void asked++ }])
    assert.is(access.join(JOIN), undefined)
    assert.equal([asked, clock.pending], [2, 0])
  })

  test('one that takes its time is waited for, and the rest is asked after it', async () => {
    const asked: string[] = []
    const policies: Policy[] = [
      { onJoin: () => void asked.push('at once') },
      {
        async onJoin() {
          await new Promise(setImmediate)
          asked.push('later')
        },
      },
      { onJoin: () => void asked.push('last') },
    ]
    const answer = setUp([], policies).access.join(JOIN)
    assert.instance(answer, Promise)
    assert.equal(asked, ['at once'])
    await answer
    assert.equal(asked, ['at once', 'later', 'last'])
  })

  test('whatever can be awaited is, not only promises of this realm', async () => {
    const refusal = new SignalError('E_REFUSED', 'no')
    // biome-ignore lint/suspicious/noThenProperty: that is the point
    const thenable = { then: (_: unknown, reject: (error: Error) => void) => reject(refusal) }
    const { access } = setUp([], [{ onJoin: () => thenable as unknown as Promise<void> }])
    assert.is(await rejection(Promise.resolve(access.join(JOIN))), refusal)
  })

  test('refusals, mistakes and time-outs of a join, at once or later', async () => {
    const refuse = throws(new SignalError('E_REFUSED', 'no'))
    const codes: [Policy['onJoin'], string][] = [
      [refuse, 'E_REFUSED'],
      [async () => refuse(), 'E_REFUSED'],
      [throws(new TypeError('oops')), 'E_INTERNAL'],
      [async () => throws('oops')(), 'E_INTERNAL'],
      [never, 'E_TIMEOUT'],
    ]
    for (const [onJoin, code] of codes) {
      const { access, clock } = setUp([], [{ onJoin: onJoin! }])
      const refused = rejection<SignalError>((async () => access.join(JOIN))())
      await new Promise(setImmediate)
      clock.advance(1000)
      assert.is((await refused).code, code)
      assert.is(clock.pending, 0)
    }
  })
})
