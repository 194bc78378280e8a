import { SignJWT } from 'jose'
import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { SignalboxError } from '../../client/errors.js'
import { connect } from '../../client/index.js'
import { Renewal } from '../../client/renewal.js'
import { liveServer, until } from '../live-server.js'
import { rejection } from '../rejection.js'
import { ENGINES, suite } from '../suite.js'
import { FakeClock, settled } from './fake-clock.js'
import { fakeSockets, welcome } from './fake-socket.js'

const MINUTE_MS = 60_000

/** A token that holds for an hour, as far as anybody can see. */
function token(n = 0): string {
  const iat = Math.floor(Date.now() / 1000)
  const claims = Buffer.from(JSON.stringify({ iat, exp: iat + 3_600, n })).toString('base64url')
  return `e30.${claims}.signature`
}

function renewing() {
  const clock = new FakeClock()
  const told: string[] = []
  const failures: string[] = []
  const stage = { asked: 0, refusal: undefined as SignalboxError | undefined }
  const renewal = new Renewal({
    clock,
    ask: async () => token(++stage.asked),
    tell: async (fresh) => {
      if (stage.refusal) throw stage.refusal
      told.push(fresh)
    },
    failed: ({ code }) => failures.push(code),
  })
  return Object.assign(stage, { clock, told, failures, renewal })
}

suite('client renewal', (test) => {
  test('a token is replaced after four fifths of its time, and the next one too', async () => {
    const { clock, told, renewal } = renewing()
    renewal.holds(token())
    await clock.advance(47 * MINUTE_MS)
    assert.equal(told, [])
    await clock.advance(2 * MINUTE_MS)
    assert.equal(told, [token(1)])
    await clock.advance(49 * MINUTE_MS)
    assert.is(told.length, 2)
    renewal.stop()
    assert.is(clock.waiting, 0)
  })

  test('what fails is told and tried again, ever more seldom, and not beyond the end of the token', async () => {
    const stage = renewing()
    const { clock, failures, renewal } = stage
    clock.dice = 0.99
    stage.refusal = new SignalboxError('E_AUTH', 'no')
    renewal.holds(token())
    await clock.advance(49 * MINUTE_MS)
    const soon = failures.length
    assert.ok(soon >= 3, `${soon} attempts within the first minute`)
    await clock.advance(12 * MINUTE_MS)
    assert.ok(failures.length >= 10 && failures.length <= 20, `${failures.length} attempts in all`)
    assert.is(clock.waiting, 0, 'the token is over')
    assert.equal([...new Set(failures)], ['E_AUTH'])
  })

  test('patience that the server asks for, and success in the end', async () => {
    const stage = renewing()
    const { clock, told, failures, renewal } = stage
    clock.dice = 0
    stage.refusal = new SignalboxError('E_RATE', 'slow down', { retryAfterMs: 90_000 })
    renewal.holds(token())
    await clock.advance(49 * MINUTE_MS)
    assert.equal(failures, ['E_RATE'])
    stage.refusal = undefined
    await clock.advance(MINUTE_MS)
    assert.equal(told.length, 1)
    await clock.advance(49 * MINUTE_MS)
    assert.equal(told.length, 2, 'all is as before')
  })

  test('a token that doesn’t say how long it holds is replaced on demand only', async () => {
    const { clock, told, renewal } = renewing()
    renewal.holds('opaque')
    assert.is(clock.waiting, 0)
    await renewal.renew()
    assert.equal(told, [token(1)])
  })

  test('one for ever isn’t replaced all the time', async () => {
    const { clock, told, renewal } = renewing()
    const claims = Buffer.from(JSON.stringify({ exp: 10_000_000_000 })).toString('base64url')
    renewal.holds(`e30.${claims}.signature`)
    await clock.advance(24 * 24 * 60 * MINUTE_MS)
    assert.equal(told, [])
  })

  test('a session renews over its connection, begins anew with each one, and ends with it', async () => {
    const clock = new FakeClock()
    clock.dice = 0
    const { WebSocket, last } = fakeSockets()
    let asked = 0
    const result = connect('ws://a.example/signal', { WebSocket, clock, token: async () => token(++asked) })
    await settled()
    last().say(welcome())
    const session = await result
    const errors: string[] = []
    session.on('error', ({ code }) => errors.push(code))
    // The server would have to be heard in all that time.
    const pass = async (minutes: number) => {
      for (let i = 0; i < minutes * 6; i++) {
        last().say({ type: 'ping' })
        await clock.advance(10_000)
      }
    }
    const sent = () => last().sent.filter(({ type }) => type === 'auth')
    await pass(49)
    assert.equal(sent(), [{ type: 'auth', data: { token: token(2) }, id: 1 }])
    last().say({ type: 'error', id: 1, code: 'E_AUTH', message: 'no' })
    await settled()
    assert.equal(errors, ['E_AUTH'], 'told, since nobody awaits it')
    await clock.advance(1_000)
    assert.is(sent().length, 2)
    last().say({ type: 'ack', id: 2 })
    await settled()

    last().end(1006)
    await clock.advance(0)
    last().say(welcome())
    await pass(40)
    assert.equal(sent(), [], 'the handshake brought a fresh one')
    const renewed = session.renew()
    await settled()
    last().say({ type: 'ack', id: 1 })
    await renewed
    session.close()
    await clock.advance(100 * MINUTE_MS)
    assert.is(clock.waiting, 0)
  })

  test('without a function there is nothing to renew with', async () => {
    const { WebSocket, last } = fakeSockets()
    const clock = new FakeClock()
    const result = connect('ws://a.example/signal', { WebSocket, clock, token: token() })
    await settled()
    last().say(welcome())
    const session = await result
    assert.is((await rejection<SignalboxError>(session.renew())).code, 'E_SETUP')
    session.close()
  })
})

const SECRET = '0123456789abcdef0123456789abcdef'
const sign = (claims: { iat: number; exp: number }) =>
  new SignJWT({ ...claims, sub: 'ada' }).setProtectedHeader({ alg: 'HS256' }).sign(Buffer.from(SECRET))

for (const engine of ENGINES) {
  suite(`client renewal (${engine})`, (test) => {
    test('a session outlives its token', async (defer) => {
      const live = await liveServer(defer, engine, {
        plugins: { auth: [{ use: 'jwt', options: { secret: SECRET, clockToleranceSeconds: 0 } }] },
      })
      const start = Math.floor(Date.now() / 1000)
      const ends = start + 5
      let asked = 0
      const session = await connect(`${live.url}/signal`, {
        WebSocket: WebSocket as never,
        // The first one is to be replaced long before it ends, however busy the machine is.
        token: () => sign(asked++ === 0 ? { iat: ends - 1, exp: ends } : { iat: start, exp: start + 3_600 }),
      })
      defer(() => session.close())
      const room = await session.join('kitchen')
      const { id } = session
      await until(() => Date.now() / 1000 > ends + 1.5, 'the end of the first token')
      assert.is(asked, 2)
      assert.is(session.id, id)
      assert.is(room.state, 'joined')
      await session.renew()
      assert.is(asked, 3)
    }, 20_000)
  })
}
