import * as assert from 'uvu/assert'
import { liveServer } from '../../../live-server.js'
import { ENGINES, suite } from '../../../suite.js'
import { AUTOBAHN_CASES } from './autobahn.js'
import { RawSocket } from './raw-socket.js'

for (const engine of ENGINES) {
  suite(`transport/ws: the cases of the Autobahn suite (${engine})`, (test) => {
    test('there are 301 of them, each with a number of its own', () => {
      assert.is(new Set(AUTOBAHN_CASES.map(({ id }) => id)).size, 301)
    })

    const sections = [...new Set(AUTOBAHN_CASES.map(({ id }) => id.split('.')[0]!))]
    for (const section of sections) {
      const cases = AUTOBAHN_CASES.filter(({ id }) => id.startsWith(`${section}.`))
      test(`section ${section}, ${cases.length} cases`, async (defer) => {
        const live = await liveServer(defer, engine, { limits: { queuedBytes: 4 << 20 } })
        const other = await live.client({ query: 'room=a' })
        for (const { id, send, chop, answers, heard } of cases) {
          const client = await RawSocket.open(defer, live.url, 'room=a')
          other.inbox.length = 0
          await client.send(send, chop)
          await client.handled(answers).catch((error) => assert.unreachable(`case ${id}: ${error.message}`))
          other.send({ type: 'ack', seen: 0 }) // a sign of life: it is in the room for long
          await other.settled()
          assert.equal(client.answers(), answers, `case ${id}: what the client gets`)
          const texts = other.inbox.flatMap(({ type, data }) => (type === 'publish' ? [data as string] : []))
          assert.equal(texts.map(short), heard.map(short), `case ${id}: what the other hears`)
          client.destroy()
        }
      }, 60_000)
    }
  })
}

const short = (text: string) => (text.length > 50 ? `${text.slice(0, 50)} … ${text.length}` : text)
