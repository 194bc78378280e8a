/** Workers that die, stand still, or lose their primary. */

import * as assert from 'uvu/assert'
import { banner, type Command, signalbox } from '../../cli/command.js'
import { type Crew, crew, isAlive, LONG_MS } from '../../crew.js'
import { RawClient, until } from '../../live-server.js'
import { rejection } from '../../rejection.js'
import { type Defer, suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

/** A client in a worker that isn't `other`'s, and the room that leads there. */
async function apart(
  { client, metric }: Crew,
  other: string,
): Promise<{ client: RawClient; worker: string }> {
  const ids = ['w0', 'w1']
  const counts = () => Promise.all(ids.map((id) => metric(`handoffs_total{worker="${id}"}`)))
  for (let i = 0; i < 100; i++) {
    const before = await counts()
    const made = await client(`room=${i}`)
    const after = await counts()
    const worker = ids[after.findIndex((count, at) => count! > before[at]!)]!
    if (worker !== other) return { client: made, worker }
  }
  throw new Error('all rooms lead to one worker')
}

/** The messages that a command has logged. */
const logged = ({ stderr }: Command): Record<string, unknown>[] =>
  stderr()
    .split('\n')
    .filter((line) => line.startsWith('{'))
    .map((line) => JSON.parse(line))

const pidsIn = (command: Command): number[] =>
  logged(command).flatMap(({ msg, pid, worker }) =>
    msg === 'a worker serves' && worker !== undefined ? [pid as number] : [],
  )

/** A command with workers, and their processes. */
async function command(defer: Defer, args: readonly string[] = []) {
  const directory = temporaryFolder(defer, { 'a.json': '{"page": false, "limits": {"drainMs": 500}}' })
  const made = signalbox(defer, ['start', '--config', 'a.json', '--port', '0', '--workers', '2', ...args], {
    cwd: directory,
  })
  const { clients } = await banner(made)
  await until(() => pidsIn(made).length === 2, 'two workers in the log')
  const pids = pidsIn(made)
  defer(() => {
    for (const pid of pids) if (isAlive(pid)) process.kill(pid, 'SIGKILL')
  })
  const url = clients.replace(/^ws/, 'http').replace('/signal', '')
  return { command: made, pids, url }
}

suite('workers/supervision', (test) => {
  test(
    'a worker that is killed is replaced; rooms of the others notice nothing',
    async (defer) => {
      const made = await crew(defer, 'wasm', {})
      const a = await apart(made, 'w1')
      const b = await apart(made, 'w0')
      const pid = made.pid('w0')
      process.kill(pid, 'SIGKILL')
      assert.is((await a.client.closed).code, 1006)
      await until(() => made.pid('w0') !== pid, 'another w0')
      await b.client.join('still here')
      assert.is(await made.metric('worker_deaths_total{worker="w0"}'), 1)
      assert.is(await made.metric('worker_deaths_total{worker="w1"}'), 0)
      await apart(made, 'w1')
      assert.is(await (await fetch(`${made.adminUrl}/readyz`)).text(), 'ready\n')
    },
    LONG_MS,
  )

  test(
    'connections that come while nobody serves wait for the next worker',
    async (defer) => {
      const { client, pid, lines } = await crew(defer, 'wasm', { workers: { min: 1, max: 2 } })
      process.kill(pid('w0'), 'SIGKILL')
      await until(() => lines.some(({ msg }) => /^a worker died/.test(String(msg))), 'the death')
      const clients = await Promise.all(Array.from({ length: 20 }, (_, i) => client(`room=${i % 3}`)))
      assert.is(clients.length, 20)
    },
    LONG_MS,
  )

  test(
    'one that stands still gets no connections, and is replaced when it stands still for long',
    async (defer) => {
      const { pid, lines, client, metric } = await crew(defer, 'wasm', {})
      const stopped = pid('w1')
      process.kill(stopped, 'SIGSTOP')
      await until(() => lines.some(({ msg }) => msg === 'a worker stands still: killed'), 'the end of w1')
      const clients = await Promise.all(Array.from({ length: 20 }, (_, i) => client(`room=${i}`)))
      assert.is(clients.length, 20)
      await until(() => pid('w1') !== stopped, 'another w1')
      assert.not(isAlive(stopped))
      assert.is(await metric('worker_stalls_total'), 1)
    },
    LONG_MS,
  )

  test(
    'one that stands still for a moment keeps its clients, and gets others again',
    async (defer) => {
      const made = await crew(defer, 'wasm', {})
      const { client } = await apart(made, 'w1')
      const pid = made.pid('w0')
      process.kill(pid, 'SIGSTOP')
      await until(made.wasSilent, 'the silence')
      process.kill(pid, 'SIGCONT')
      await client.join('still here')
      await apart(made, 'w1')
      assert.is(made.pid('w0'), pid)
      assert.ok(isAlive(pid))
    },
    LONG_MS,
  )

  test(
    'a primary that stands still itself holds that against nobody',
    async (defer) => {
      const { command: made, pids, url } = await command(defer)
      made.child.kill('SIGSTOP')
      await new Promise((resolve) => setTimeout(resolve, 5500))
      made.child.kill('SIGCONT')
      for (let i = 0; i < 10; i++) {
        const client = new RawClient(url, { query: `room=${i}` })
        defer(() => client.socket.terminate())
        await client.next('joined')
      }
      assert.ok(pids.every(isAlive))
      assert.equal(
        logged(made).filter(({ msg }) => msg === 'a worker stands still: killed'),
        [],
      )
    },
    LONG_MS,
  )

  test(
    'one that dies again and again is tried again, ever later; the others serve, and the log says so',
    async (defer) => {
      const { lines, pid, client } = await crew(defer, 'wasm', {})
      for (let deaths = 0; deaths < 3; deaths++) {
        const last = pid('w0')
        process.kill(last, 'SIGKILL')
        await until(() => pid('w0') !== last, 'the next one')
      }
      const waits = lines.flatMap(({ waitMs }) => (waitMs === undefined ? [] : [waitMs as number]))
      assert.is(waits.length, 3)
      assert.ok(waits[0]! <= 100 && waits[1]! <= 200 && waits[2]! >= 200, waits.join())
      await client('room=x')
    },
    LONG_MS,
  )

  test(
    'SIGKILL of the primary leaves no process behind',
    async (defer) => {
      const { command: made, pids, url } = await command(defer)
      const client = new RawClient(url, {})
      defer(() => client.socket.terminate())
      await client.next('welcome')
      assert.ok(pids.every(isAlive))
      made.child.kill('SIGKILL')
      await until(() => !pids.some(isAlive), 'the workers to end')
      await client.closed
      await rejection(fetch(url))
    },
    LONG_MS,
  )

  test(
    'SIGTERM drains all: clients are told, and every process ends with its primary',
    async (defer) => {
      const { command: made, pids, url } = await command(defer)
      const clients = await Promise.all(
        Array.from({ length: 8 }, async (_, i) => {
          const client = new RawClient(url, { query: `room=${i}` })
          defer(() => client.socket.terminate())
          await client.next('joined')
          return client
        }),
      )
      made.child.kill('SIGTERM')
      for (const client of clients) {
        assert.is((await client.next('goaway')).reason, 'shutdown')
        assert.is((await client.closed).code, 4000)
      }
      assert.is(await made.exit, 0)
      assert.not(pids.some(isAlive))
    },
    LONG_MS,
  )

  test(
    'a second signal ends all at once',
    async (defer) => {
      const { command: made, pids } = await command(defer)
      process.kill(pids[0]!, 'SIGSTOP') // one that won't stop
      made.child.kill('SIGTERM')
      await until(() => made.stdout().includes('stopping'), 'the first signal')
      made.child.kill('SIGTERM')
      assert.is(await made.exit, 1)
      await until(() => !pids.some(isAlive), 'the workers to end')
    },
    LONG_MS,
  )
})
