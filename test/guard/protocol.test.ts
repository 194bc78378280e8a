import * as assert from 'uvu/assert'
import { ERRORS, type ErrorCode, REFUSED_CLOSE_CODES } from '../../core/errors.js'
import { KINDS, LIMITS, RESUME_PREFIX, SUBPROTOCOL, TOKEN_PREFIX } from '../../core/protocol.js'
import { liveServer, type RawClient } from '../live-server.js'
import { ENGINES, suite } from '../suite.js'
import { codeBlocks, firstTable, headings } from './markdown.js'
import { read } from './source-tree.js'

const page = read('docs/reference/protocol.md')
const source = read('core/protocol.ts')
const sections = headings(page)
const section = (title: string) => sections.find((heading) => heading.title === title)!.body

/** The members of an object type, `?` included: `id?: number; room: string` makes `id?`, `room`. */
const members = (body: string): string[] =>
  [...body.matchAll(/(?:^|[;\n]) *(?:readonly )?(\w+\??):/g)].map(([, name]) => name!)

/** From the text of a union of messages: type → fields. */
function messagesOf(union: string): Record<string, string[]> {
  const text = new RegExp(`export type ${union} =\\n([\\s\\S]*?)\\n\\n`).exec(`${source}\n\n`)![1]!
  const found: Record<string, string[]> = {}
  for (const line of text.split('\n')) {
    const [, types, body] = /^ {2}\| \{ type: ([^;}]+?)(?:; (.*))? \}$/.exec(line) ?? []
    if (types === undefined) continue
    const names =
      types === 'HotKindName' ? hotKinds() : [...types.matchAll(/'([\w-]+)'/g)].map(([, name]) => name!)
    // Members of an inner object are no fields of the message.
    for (const name of names) found[name] = members((body ?? '').replace(/\{[^}]*\}/g, 'object'))
  }
  return found
}

const hotKinds = () =>
  [.../export type HotKindName = (.*)/.exec(source)![1]!.matchAll(/'(\w+)'/g)].map(([, name]) => name!)

/** The fields of `welcome`, which has an interface of its own. */
function welcomeFields(): string[] {
  const body = /export interface Welcome \{\n([\s\S]*?)\n\}/.exec(source)![1]!
  return [...body.matchAll(/^ {2}readonly (\w+\??):/gm)]
    .map(([, name]) => name!)
    .filter((name) => name !== 'type')
}

const documented = (title: string): Record<string, string[]> =>
  Object.fromEntries(
    firstTable(section(title)).map(([type, fields]) => [type!, fields === '' ? [] : fields!.split(', ')]),
  )

suite('guard/protocol: tables', (test) => {
  test('client messages and their fields', () => {
    const client = messagesOf('ClientMessage')
    assert.equal(documented('Client to server'), client)
    assert.equal(Object.keys(client).sort(), Object.keys(KINDS).sort())
  })

  test('server messages and their fields', () => {
    assert.equal(documented('Server to client'), { welcome: welcomeFields(), ...messagesOf('ServerMessage') })
  })

  test('limits', () => {
    const rows = firstTable(section('Messages')).map(([name, value]) => [name!, Number(value)])
    assert.equal(Object.fromEntries(rows), LIMITS)
  })

  test('names of the subprotocols', () => {
    assert.ok(page.includes(`\`${SUBPROTOCOL}\``))
    for (const prefix of [TOKEN_PREFIX, RESUME_PREFIX]) assert.ok(page.includes(`\`${prefix}…\``))
  })

  test('refusals over HTTP', () => {
    const told = firstTable(section('The way in').slice(section('The way in').indexOf('| status')))
    for (const [status, codes] of told) {
      for (const code of codes!.split(', ')) assert.is(ERRORS[code as ErrorCode].http, Number(status), code)
    }
    const all = told.flatMap(([, codes]) => codes!.split(', '))
    const expected = Object.entries(ERRORS).filter(
      ([code, { http }]) => http && !['E_ADMIN', 'E_BODY'].includes(code),
    )
    assert.equal(all.sort(), expected.map(([code]) => code).sort())
  })

  test('close codes', () => {
    const told = firstTable(section('Close codes')).map(([close, code]) => [Number(close), code])
    const own = Object.entries(ERRORS).flatMap(([code, { close }]) => (close ? [[close, code] as const] : []))
    const all = [
      ...own,
      [1000, ''] as const,
      ...Object.values(REFUSED_CLOSE_CODES).map((code) => [code, ''] as const),
    ]
    assert.equal(
      told,
      all.sort(([a], [b]) => a - b).map((row) => [...row]),
    )
  })
})

for (const engine of ENGINES) {
  suite(`guard/protocol: examples (${engine})`, (test) => {
    test('every bad message of the table gets its answer', async (defer) => {
      const live = await liveServer(defer, engine)
      const rows = firstTable(section('Errors'))
      assert.ok(rows.length >= 20)
      for (const [message, code] of rows) {
        const client = await live.client({ query: 'room=a' })
        await client.next('joined')
        client.send(message!)
        assert.is((await client.next('error')).code, code, message)
        client.socket.close()
        await client.closed
      }
    })

    test('the sample session happens, line by line', async (defer) => {
      const live = await liveServer(defer, engine)
      const clients = new Map<string, RawClient>()
      const ids = new Map<string, string>()
      const withIds = (text: string) => text.replace(/\$(\w+)/g, (whole, name) => ids.get(name) ?? whole)
      const [session] = codeBlocks(page).filter(({ language }) => language === 'session')
      let lines = 0
      for (const line of session!.code.split('\n').filter((text) => text !== '' && !text.startsWith('#'))) {
        const [, name, what, rest] = /^(\w+) (opens|closed|cut|<|>) ?(.*)$/.exec(line)!
        if (what === 'opens') {
          const [path, resume] = withIds(rest!).split(' resuming ')
          const query = new URL(path!, live.url).search.slice(1)
          clients.set(name!, live.dial({ query, ...(resume === undefined ? {} : { resume }) }))
          continue
        }
        const client = clients.get(name!)!
        if (what === 'cut') await client.cut(live.server)
        else if (what === '>') client.send(withIds(rest!))
        else if (what === 'closed') assert.is((await client.closed).code, Number(rest))
        else {
          const { type } = JSON.parse(rest!) as { type: string }
          while (client.inbox.length === 0) await new Promise((resolve) => setTimeout(resolve, 1))
          const received = client.inbox.shift()!
          if (type === 'welcome') ids.set(name!, received.peer).set(`${name}Ticket`, received.session.ticket)
          assert.is(JSON.stringify(received), withIds(rest!), line)
        }
        lines++
      }
      assert.ok(lines > 25)
      for (const [name, client] of clients)
        assert.equal(client.inbox, [], `${name} got more than the page says`)
    })
  })
}
