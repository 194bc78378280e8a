import { fork } from 'node:child_process'
import { once } from 'node:events'
import type { Duplex } from 'node:stream'
import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { Exchange } from '../../../core/workers/exchange.js'
import { capturedLogger } from '../../captured-logger.js'
import { cases, type Order, PIPES, type Told } from '../../fixtures/ipc-worker.js'
import { type Defer, suite } from '../../suite.js'

const WORKER = fileURLToPath(new URL('../../fixtures/ipc-worker.js', import.meta.url))

/** Runs a case in a worker, here being the primary. Resolves when the worker has ended by itself. */
async function inWorker(name: string, defer: Defer): Promise<void> {
  const pipes = Array.from({ length: PIPES }, () => 'pipe' as const)
  const child = fork(WORKER, [name], { stdio: ['ignore', 'inherit', 'inherit', 'ipc', ...pipes] })
  defer(() => child.kill('SIGKILL'))
  const ended = Promise.all([once(child, 'exit'), once(child, 'disconnect')])
  const exchange = new Exchange(capturedLogger().logger)
  defer(() => exchange.stop())
  const ends = child.stdio.slice(4) as unknown as Duplex[]
  for (const [i, pipe] of ends.entries()) exchange.add(`w${i}`, pipe)
  const obey = (order: Order) => {
    for (const pipe of ends) pipe[order]()
    child.send('done')
  }
  let failure: string | undefined = 'the worker said nothing'
  child.on('message', (told: Told) => {
    if ('order' in told) obey(told.order)
    else failure = 'failed' in told ? told.failed : undefined
  })
  await ended
  if (failure !== undefined) throw new Error(failure)
}

suite('bus/ipc', (test) => {
  test('its cases are those of the contract and more', () => {
    assert.ok(cases.length > 15)
  })

  for (const { name } of cases) test(name, (defer) => inWorker(name, defer), 90_000)
})
