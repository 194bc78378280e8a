import { createHmac } from 'node:crypto'
import * as assert from 'uvu/assert'
import { createServer } from '../../../core/server.js'
import { type RawClient, tokenProtocol } from '../../live-server.js'
import { rejection } from '../../rejection.js'
import { intruder } from '../attacker.js'
import type { Group, Target } from '../check.js'

const SECRET = 'a secret of at least 32 bytes, no less'
const JWT = { plugins: { auth: [{ use: 'jwt', options: { secret: SECRET } }] } }
const soon = () => Math.floor(Date.now() / 1000) + 600

/** A token made by hand, signed as its maker likes. */
function token(claims: object, header: object = { alg: 'HS256', typ: 'JWT' }, secret = SECRET): string {
  const body = [header, claims]
    .map((part) => Buffer.from(JSON.stringify(part)).toString('base64url'))
    .join('.')
  return `${body}.${createHmac('sha256', secret).update(body).digest('base64url')}`
}

const good = () => token({ sub: 'ada', exp: soon() })

/** How a client with this token is turned away. */
async function refusal(target: Target, presented: string | undefined): Promise<string> {
  const client: RawClient = target.dial(presented === undefined ? {} : { token: presented })
  const { code, message } = await client.next('error')
  return `${(await client.closed).code} ${code} ${message}`
}

const forgeries = (): readonly (string | undefined)[] => {
  const [header, payload, signature] = good().split('.') as [string, string, string]
  const evil = Buffer.from(JSON.stringify({ sub: 'root', exp: soon() })).toString('base64url')
  return [
    undefined,
    'x',
    'x'.repeat(4000),
    '..',
    `${header}.${payload}`,
    `${header}.${payload}.`,
    `${header}.${payload}.${signature.slice(0, -2)}`,
    `${header}.${payload}.${signature}AAAA`,
    `${header}.${evil}.${signature}`,
    token({ sub: 'root', exp: soon() }, undefined, 'another secret of 32 bytes or more.'),
    token({ sub: 'root', exp: soon() }, undefined, ''),
  ]
}

export const secrets: Group = {
  title: 'Tokens and tickets',
  checks: [
    {
      holds: 'the server selects `signalbox.v1` and never echoes the token',
      threat: 'the token stands in an answer that proxies log',
      async attack({ serve, defer }) {
        const { port } = await serve(JWT)
        const offered = `${tokenProtocol(good())}, signalbox.v1`
        const socket = await intruder(defer, port, { 'Sec-WebSocket-Protocol': offered })
        const answer = String(socket.read())
        assert.match(answer, /^HTTP\/1\.1 101 .*\r\nSec-WebSocket-Protocol: signalbox\.v1\r\n/s)
        assert.not.match(answer, /signalbox\.token/)
      },
    },
    {
      holds: 'a token in the URL is no token',
      threat: 'tokens end up in logs and browser histories',
      async attack({ serve }) {
        const client = (await serve(JWT)).dial({ query: `token=${good()}&access_token=${good()}` })
        assert.is((await client.next('error')).code, 'E_AUTH')
      },
    },
    {
      holds: 'every token that is missing, cut, stretched, changed or signed by another gets the same answer',
      threat: 'an answer tells how close a forgery has come',
      async attack({ serve }) {
        const target = await serve(JWT)
        await target.client({ token: good() })
        const answers = new Set<string>()
        for (const forged of forgeries()) answers.add(await refusal(target, forged))
        assert.equal([...answers], ['4501 E_AUTH the token is missing or not valid'])
      },
    },
    {
      holds: 'no bad token is answered sooner than another',
      threat: 'the time that an answer takes tells how close a forgery has come',
      async attack({ serve }) {
        const target = await serve(JWT)
        for (const forged of [undefined, 'x', forgeries().at(-1), forgeries()[7], 'x'.repeat(8000)]) {
          const before = performance.now()
          await refusal(target, forged)
          const tookMs = performance.now() - before
          assert.ok(tookMs >= 95, `${tookMs} ms`)
        }
      },
    },
    {
      holds: 'a token chooses neither its algorithm nor its key',
      threat: '`alg: none`, or a public key taken for a shared secret, makes everybody an issuer',
      async attack({ serve }) {
        const target = await serve(JWT)
        const claims = { sub: 'root', exp: soon() }
        const headers = [
          { alg: 'none' },
          { alg: 'NONE' },
          { alg: 'HS512' },
          { alg: 'RS256' },
          { alg: 'HS256', crit: ['exp'] },
          {
            alg: 'ES256',
            jwk: { kty: 'oct', k: '' },
            jku: 'https://evil.example/keys',
            kid: '../../../dev/null',
          },
        ]
        for (const header of headers) {
          const forged = token(claims, header)
          assert.match(await refusal(target, forged), /^4501 /, JSON.stringify(header))
          assert.match(await refusal(target, `${forged.split('.').slice(0, 2).join('.')}.`), /^4501 /)
        }
      },
    },
    {
      holds: 'a token that has expired, isn’t valid yet, or never expires, is refused like any other',
      threat: 'a token that leaked once is good for ever',
      async attack({ serve }) {
        const target = await serve(JWT)
        const now = soon() - 600
        const stale = [{ exp: now - 60 }, { exp: soon(), nbf: now + 300 }, {}]
        for (const times of stale) {
          const answer = await refusal(target, token({ sub: 'ada', ...times }))
          assert.is(answer, '4501 E_AUTH the token is missing or not valid', JSON.stringify(times))
        }
      },
    },
    {
      holds: 'a token opens the rooms that it names, and a room that isn’t there is refused the same way',
      threat: 'who may be in one room listens in another, or learns which rooms there are',
      async attack({ serve }) {
        const target = await serve(JWT)
        const grants = (rooms: string[]) => token({ sub: 'ada', exp: soon(), signalbox: { rooms } })
        const boss = await target.client({ token: grants(['*']) })
        await boss.join('board')
        const client = await target.client({ token: grants(['team-*', 'lobby']) })
        const answers = new Set<string>()
        for (const room of ['board', 'empty', 'team', 'Team-a', 'lobby2', ' team-a', 'x-team-a']) {
          client.send({ type: 'join', room })
          const { code, message } = await client.next('error')
          answers.add(`${code} ${message}`)
        }
        assert.is(answers.size, 1)
        assert.match([...answers][0]!, /^E_FORBIDDEN /)
        await client.join('team-a')
      },
    },
    {
      holds:
        'a secret that could be guessed, and open auth that could be reached, keep the server from starting',
      threat: 'a server that was tried out goes into the world as it is',
      async attack({ engine }) {
        const start = (config: object) =>
          createServer({
            listen: { port: 0 },
            admin: false,
            page: false,
            engine,
            log: { level: 'silent' },
            ...config,
          })
        const short = { plugins: { auth: [{ use: 'jwt', options: { secret: 'too short' } }] } }
        assert.match((await rejection(start(short))).message, /secret/)
        const open = start({ listen: { host: '0.0.0.0', port: 0 } }).then((server) => server.start())
        assert.match((await rejection(open)).message, /0\.0\.0\.0|loopback|auth/)
      },
    },
    {
      holds: 'a ticket that is forged, spent or of another user gives a new session, and touches no other',
      threat: 'somebody goes on with the session of somebody else',
      async attack({ serve }) {
        const target = await serve(JWT)
        const [ada, eve] = [token({ sub: 'ada', exp: soon() }), token({ sub: 'eve', exp: soon() })]
        const victim = await target.client({ token: ada, query: 'room=kitchen' })
        for (const resume of [
          `${'A'.repeat(32)}.0`,
          `${victim.ticket}.0`,
          `${victim.ticket}.999`,
          '.',
          'x.y',
          '..',
        ]) {
          const thief = target.dial({ token: eve, resume })
          const welcome = await thief.next('welcome')
          assert.equal([welcome.session.resumed, welcome.peer === victim.id], [false, false], resume)
          assert.is((await thief.next('error')).code, 'E_RESUME')
        }
        await victim.settled()
        assert.is(victim.socket.readyState, victim.socket.OPEN)
      },
    },
  ],
}
