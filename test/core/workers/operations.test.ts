import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import * as assert from 'uvu/assert'
import { AdminListener } from '../../../core/http/admin.js'
import { mountOperations, type Reachable } from '../../../core/workers/operations.js'
import { capturedLogger } from '../../captured-logger.js'
import { crew, LONG_MS } from '../../crew.js'
import { type Defer, suite } from '../../suite.js'

const TOKEN = 'the token between primary and workers'

/** What a worker's listener answers, and what it was asked. */
interface Answers {
  [path: string]: { status?: number; type?: string; body: string }
}

async function worker(defer: Defer, id: string, answers: Answers) {
  const asked: string[] = []
  const server = createServer(async (request, response) => {
    let body = ''
    for await (const chunk of request) body += chunk
    asked.push(`${request.method} ${request.url} ${body}`.trim())
    const answer = answers[request.url ?? '']
    const isKnown = request.headers.authorization === `Bearer ${TOKEN}`
    response.writeHead(isKnown ? (answer?.status ?? (answer ? 200 : 404)) : 401, {
      'Content-Type': answer?.type ?? 'application/json',
    })
    response.end(answer?.body ?? '{}')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  defer(() => {
    server.close()
    server.closeAllConnections()
  })
  const adminUrl = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
  return { id, asked, reachable: { id, asked: { adminUrl, token: TOKEN } } }
}

async function open(defer: Defer, workers: () => readonly Reachable[]) {
  const admin = new AdminListener({ host: '127.0.0.1', port: 0 }, capturedLogger().logger)
  let drains = 0
  const metrics = () => '# TYPE own gauge\nown 1\n'
  mountOperations(admin, { workers, metrics, drain: () => drains++ }, ['/metrics', '/console'])
  await admin.start()
  defer(() => admin.stop())
  const url = `http://127.0.0.1:${admin.port}`
  const get = async (path: string) => {
    const answer = await fetch(url + path)
    return [answer.status, await answer.text()]
  }
  const post = async (path: string, body: object) => {
    const headers = { 'Content-Type': 'application/json' }
    const answer = await fetch(url + path, { method: 'POST', headers, body: JSON.stringify(body) })
    return [answer.status, await answer.json()]
  }
  return { get, post, drains: () => drains }
}

const EXPOSITION = 'text/plain; version=0.0.4; charset=utf-8'

suite('workers/operations', (test) => {
  test('ready when every worker is; else it says which is not, and what it says', async (defer) => {
    const ready = { '/readyz': { type: 'text/plain', body: 'ready\n' } }
    const busless = { '/readyz': { status: 503, type: 'text/plain', body: 'degraded: the bus is away\n' } }
    const [w0, w1] = [await worker(defer, 'w0', ready), await worker(defer, 'w1', busless)]
    const workers: Reachable[] = [w0.reachable]
    const { get } = await open(defer, () => workers)
    assert.equal(await get('/readyz'), [200, 'ready\n'])
    workers.push(w1.reachable, { id: 'w2', asked: undefined })
    assert.equal(await get('/readyz'), [503, 'w1: degraded: the bus is away\nw2: not there\n'])
    assert.equal(await get('/healthz'), [200, 'ok\n'])
  })

  test('metrics of all are one page, with those of the primary', async (defer) => {
    const page = (figure: number) => ({
      '/metrics': { type: EXPOSITION, body: `# TYPE peers gauge\npeers ${figure}\n` },
    })
    const [w0, w1] = [await worker(defer, 'w0', page(1)), await worker(defer, 'w1', page(2))]
    const { get } = await open(defer, () => [w0.reachable, { id: 'w3', asked: undefined }, w1.reachable])
    assert.equal(await get('/metrics'), [
      200,
      '# TYPE peers gauge\npeers{worker="w0"} 1\npeers{worker="w1"} 2\n\n# TYPE own gauge\nown 1\n',
    ])
    assert.equal(await get('/metrics?worker=1'), [200, '# TYPE peers gauge\npeers 2\n'])
  })

  test("other pages are the first worker's, or those of the one that is named", async (defer) => {
    const page = (body: string) => ({ '/console': { type: 'text/html', body } })
    const [w0, w1] = [await worker(defer, 'w0', page('zero')), await worker(defer, 'w1', page('one'))]
    const { get } = await open(defer, () => [w0.reachable, w1.reachable])
    assert.equal(await get('/console'), [200, 'zero'])
    assert.equal(w1.asked, [])
    assert.equal(await get('/console?worker=1'), [200, 'one'])
    assert.equal(await get('/console?worker=w0'), [200, 'zero'])
    assert.is((await get('/console?worker=2'))[0], 404)
    assert.is((await get('/none'))[0], 404)
  })

  test('an order goes to one worker, which tells the others; to the next one when that is gone', async (defer) => {
    const says = { '/kick': { body: '{"kicked":3,"unheard":["front/w7"]}' } }
    const [w0, w1, w2] = [
      await worker(defer, 'w0', says),
      await worker(defer, 'w1', says),
      await worker(defer, 'w2', says),
    ]
    let workers = [w0.reachable, w1.reachable]
    const { post } = await open(defer, () => workers)
    const order = { principal: 'mallory' }
    assert.equal(await post('/kick', order), [200, { kicked: 3, unheard: ['front/w7'] }])
    assert.equal([w0.asked, w1.asked], [['POST /kick {"principal":"mallory"}'], []])
    const gone = { id: 'w1', asked: { adminUrl: 'http://127.0.0.1:1', token: TOKEN } }
    workers = [gone, w2.reachable]
    assert.equal((await post('/kick', order))[0], 200)
    assert.is(w2.asked.length, 1)
    workers = [gone]
    assert.is((await post('/kick', order))[0], 503)
  })

  test('what a worker objects to is the answer', async (defer) => {
    const objects = { '/kick': { status: 400, body: '{"code":"E_BODY","message":"name somebody"}' } }
    const w0 = await worker(defer, 'w0', objects)
    const { post } = await open(defer, () => [w0.reachable])
    assert.equal(await post('/kick', {}), [400, { code: 'E_BODY', message: 'name somebody' }])
  })

  test('a drain is told to those who are there and those who come later', async (defer) => {
    const { post, drains } = await open(defer, () => [])
    assert.equal([await post('/drain', {}), drains()], [[200, { draining: true }], 1])
  })

  test(
    'with real workers: orders reach all, metrics are labelled, a token is asked for',
    async (defer) => {
      const token = 'sixteen characters'
      const { adminUrl, client } = await crew(defer, 'wasm', { admin: { port: 0, token } })
      const clients = await Promise.all(Array.from({ length: 12 }, (_, i) => client(`room=${i}`)))
      assert.is((await fetch(`${adminUrl}/metrics`)).status, 401)
      const headers = { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' }
      const text = await (await fetch(`${adminUrl}/metrics`, { headers })).text()
      const peers = [...text.matchAll(/^signalbox_peers\{worker="w\d"\} (\d+)$/gm)]
      assert.is(
        peers.reduce((sum, [, count]) => sum + Number(count), 0),
        12,
      )
      assert.is(text.match(/^# TYPE signalbox_peers /gm)!.length, 1)
      for (const { id, closed } of clients.slice(0, 4)) {
        const body = JSON.stringify({ peer: id })
        const answer = await fetch(`${adminUrl}/kick`, { method: 'POST', headers, body })
        assert.equal(await answer.json(), { kicked: 1 })
        assert.is((await closed).code, 4504)
      }
      await fetch(`${adminUrl}/drain`, { method: 'POST', headers })
      for (const { closed } of clients.slice(4)) assert.is((await closed).code, 4000)
      const ready = await fetch(`${adminUrl}/readyz`)
      assert.equal([ready.status, await ready.text()], [503, 'w0: draining\nw1: draining\n'])
    },
    LONG_MS,
  )
})
