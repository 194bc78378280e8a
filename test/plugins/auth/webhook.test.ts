import { createHmac } from 'node:crypto'
import { createServer, type IncomingMessage, type ServerResponse } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import type { Principal } from '../../../core/contracts/auth.js'
import webhook from '../../../plugins/auth/webhook.js'
import { capturedLogger } from '../../captured-logger.js'
import { authContract, construct, FakeClock } from '../../contract/index.js'
import { type Defer, suite } from '../../suite.js'

const SECRET = 'a secret of at least 32 bytes, no less'
const address = '192.0.2.7'

interface Question {
  readonly headers: IncomingMessage['headers']
  readonly body: string
  readonly token: string
}

type Backend = (question: Question, response: ServerResponse) => void

const say = (response: ServerResponse, value: unknown, status = 200) =>
  response.writeHead(status, { 'Content-Type': 'application/json' }).end(JSON.stringify(value))

/** Knows `alice`, has never heard of `stranger`, refuses everybody else. */
const usual: Backend = ({ token }, response) => {
  if (token === 'alice') say(response, { id: 'alice', grants: { rooms: ['a'] }, expiresInSeconds: 60 })
  else if (token === 'bob') say(response, { id: 'bob' })
  else response.writeHead(token === 'stranger' ? 204 : 403).end()
}

/** A real backend on loopback, and a plugin that asks it. */
async function house(defer: Defer, backend: Backend = usual, options: object = {}) {
  const questions: Question[] = []
  const state = { backend }
  const server = createServer((request, response) => {
    let body = ''
    request.on('data', (chunk) => {
      body += chunk
    })
    request.on('end', () => {
      const question = { headers: request.headers, body, token: JSON.parse(body).token as string }
      questions.push(question)
      state.backend(question, response)
    })
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  defer(
    () =>
      new Promise((resolve) => {
        server.close(resolve)
        server.closeAllConnections()
      }),
  )
  const clock = new FakeClock()
  const { logger, lines } = capturedLogger()
  const url = `http://127.0.0.1:${(server.address() as AddressInfo).port}/auth`
  const make = () => construct(webhook, { url, secret: SECRET, ...options }, { clock, logger })
  const auth = make()
  const verdict = async (token: string | undefined, from = address) => {
    try {
      return (await auth.authenticate({ token, address: from })) as Principal | undefined
    } catch (error) {
      return (error as { code: string }).code
    }
  }
  return { verdict, questions, clock, state, lines, make }
}

suite('auth/webhook', (test) => {
  test('keeps the contract', async (defer) => {
    const { make } = await house(defer)
    const harness = {
      make,
      accepted: ['alice', 'bob'].map((token) => ({ token, address })),
      refused: ['stranger', 'eve', ''].map((token) => ({ token, address })),
    }
    for (const { run } of authContract(harness)) await run()
  })

  test('asks by a signed POST, and believes what it is told', async (defer) => {
    const { verdict, questions, clock } = await house(defer)
    assert.equal(await verdict('alice'), {
      id: 'alice',
      grants: { rooms: ['a'] },
      expiresAt: clock.now() + 60_000,
    })
    const [{ headers, body }] = questions as [Question]
    assert.equal(JSON.parse(body), { token: 'alice', address })
    const timestamp = headers['x-signalbox-timestamp'] as string
    assert.is(timestamp, `${FakeClock.EPOCH / 1000}`)
    const mac = createHmac('sha256', SECRET).update(`${timestamp}.${body}`).digest('hex')
    assert.is(headers['x-signalbox-signature'], `v1=${mac}`)
    assert.equal(await verdict('bob'), { id: 'bob', grants: {} })
    assert.is(await verdict('stranger'), undefined)
    assert.is(await verdict('eve'), 'E_AUTH')
    assert.is(await verdict(undefined), undefined)
    assert.is(questions.length, 4, 'who presents nothing is not asked about')
  })

  test('remembers each answer, for the token and the address it was given for', async (defer) => {
    const { verdict, questions, clock } = await house(defer, usual, { cacheMs: 5000 })
    const first = await verdict('alice')
    clock.advance(4999)
    assert.equal(await verdict('alice'), first, 'its time runs from the answer')
    assert.is(await verdict('eve'), 'E_AUTH')
    assert.is(await verdict('eve'), 'E_AUTH')
    assert.is(questions.length, 2)
    await verdict('alice', '192.0.2.8')
    assert.is(questions.length, 3)
    clock.advance(1)
    await verdict('alice')
    assert.is(questions.length, 4)
  })

  test('who asks the same at the same time shares the answer', async (defer) => {
    const { verdict, questions } = await house(defer, usual, { cacheMs: 0 })
    const answers = await Promise.all(Array.from({ length: 50 }, () => verdict('bob')))
    assert.ok(answers.every((answer) => (answer as Principal).id === 'bob'))
    assert.is(questions.length, 1)
    await verdict('bob')
    assert.is(questions.length, 2)
  })

  test('an answer of another shape is none, and lets nobody in', async (defer) => {
    const answers: [string, number][] = [
      ['', 200],
      ['{', 200],
      ['[]', 200],
      ['null', 200],
      ['"alice"', 200],
      ['{}', 200],
      ['{"id":""}', 200],
      ['{"id":7}', 200],
      ['{"id":"alice","admin":true}', 200],
      ['{"id":"alice","grants":{"room":["a"]}}', 200],
      ['{"id":"alice","grants":{"publish":"yes"}}', 200],
      ['{"id":"alice","expiresInSeconds":0}', 200],
      ['{"id":"alice","expiresInSeconds":"60"}', 200],
      [`{"id":"alice","x":"${'x'.repeat(70_000)}"}`, 200],
      ['{"id":"alice"}', 201],
      ['{"id":"alice"}', 404],
      ['{"id":"alice"}', 500],
    ]
    const { verdict, questions } = await house(
      defer,
      (_question, response) => {
        const [text, status] = answers[questions.length - 1]!
        response.writeHead(status).end(text)
      },
      { failures: 1000 },
    )
    for (const [text] of answers) assert.is(await verdict('alice'), 'E_TIMEOUT', text.slice(0, 60))
    assert.is(questions.length, answers.length, 'and is not remembered')
  })

  test('a backend that fails is left alone, then tried by one, then asked again', async (defer) => {
    const broken: Backend = (_question, response) => response.writeHead(503).end()
    const { verdict, questions, clock, state } = await house(defer, broken, {
      cacheMs: 0,
      failures: 3,
      pauseMs: 1000,
    })
    for (let i = 0; i < 20; i++) assert.is(await verdict(`token ${i}`), 'E_TIMEOUT')
    assert.is(questions.length, 3)
    clock.advance(1000)
    await Promise.all([1, 2, 3, 4].map((i) => verdict(`token ${i}`)))
    assert.is(questions.length, 4, 'one tries')
    state.backend = usual
    assert.is(await verdict('bob'), 'E_TIMEOUT')
    clock.advance(1000)
    assert.equal(await verdict('bob'), { id: 'bob', grants: {} })
    assert.equal(await verdict('bob'), { id: 'bob', grants: {} })
    assert.is(questions.length, 6)
  })

  test('a backend that never answers costs the time-out, and passing on is a choice', async (defer) => {
    const { verdict, clock } = await house(defer, () => {}, { timeoutMs: 500, whenDown: 'pass' })
    const answer = verdict('alice')
    const tick = setInterval(() => clock.advance(100), 10)
    defer(() => clearInterval(tick))
    assert.is(await answer, undefined)
    assert.ok(clock.monotonic() >= 500)
  })

  test('is not sent elsewhere', async (defer) => {
    const { verdict, questions } = await house(defer, (_question, response) => {
      response.writeHead(307, { Location: '/elsewhere' }).end()
    })
    assert.is(await verdict('alice'), 'E_TIMEOUT')
    assert.is(questions.length, 1)
  })

  test('the log holds no token and no secret', async (defer) => {
    const { verdict, lines } = await house(defer, (_question, response) =>
      response.writeHead(500).end('boom'),
    )
    await verdict('a very secret token')
    const text = JSON.stringify(lines)
    assert.match(text, /no answer/)
    assert.not.match(text, /very secret token|at least 32 bytes|boom/)
  })

  test('does not start with what can not be meant', () => {
    const problemOf = (options: object): string => {
      try {
        construct(webhook, { url: 'https://id.example/auth', secret: SECRET, ...options })
      } catch (error) {
        return (error as Error).message
      }
      return ''
    }
    assert.is(problemOf({}), '')
    assert.match(problemOf({ secret: 'x'.repeat(31) }), /^secret: has 31 bytes; 32 or more/)
    assert.match(problemOf({ url: 'http://id.example/auth' }), /^url: must be an https URL/)
    assert.match(problemOf({ url: 'ftp://id.example' }), /^url: must be an https URL/)
    assert.match(problemOf({ whenDown: 'accept' }), /^options\.whenDown: /)
  })
})
