import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { existsSync, readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { capturedLogger } from '../../captured-logger.js'
import { until } from '../../contract/contract-case.js'
import { type Defer, suite } from '../../suite.js'

const REAPER = new URL('../../../core/workers/reaper.js', import.meta.url).href

/** A process that does nothing for a minute, and has a word in its command line. */
function idler(defer: Defer, word: string): ChildProcess {
  const child = spawn(process.execPath, ['-e', 'setTimeout(() => {}, 60_000)', word], { stdio: 'ignore' })
  const exited = once(child, 'exit')
  defer(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return child
}

/** A primary that watches processes and does as it is told on its input. */
function primary(defer: Defer, pids: readonly number[], forgotten: readonly number[] = []): ChildProcess {
  const program = `
    import { Reaper } from ${JSON.stringify(REAPER)}
    const reaper = new Reaper('the-worker.js', { debug() {} })
    for (const pid of ${JSON.stringify(pids)}) reaper.watch(pid)
    for (const pid of ${JSON.stringify(forgotten)}) reaper.forget(pid)
    process.stdin.once('data', () => { reaper.stop(); process.exit() })
    console.log('ready')
  `
  const child = spawn(process.execPath, ['--input-type=module', '-e', program], {
    stdio: ['pipe', 'pipe', 'inherit'],
  })
  const exited = once(child, 'exit')
  defer(async () => {
    child.kill('SIGKILL')
    await exited
  })
  return child
}

const isOver = ({ exitCode, signalCode }: ChildProcess) => exitCode !== null || signalCode !== null

/** The shells of reapers that know a process. */
function reapersOf(parent: number): number[] {
  return readFileSync(`/proc/${parent}/task/${parent}/children`, 'utf8')
    .split(' ')
    .filter(Boolean)
    .map(Number)
}

suite('core/workers/reaper', (test) => {
  if (process.platform !== 'linux') {
    test.skip('everything', 'looks at processes in /proc')
    return
  }

  test('when the primary is killed, workers that stand still are ended; nobody else is', async (defer) => {
    const stopped = idler(defer, 'the-worker.js')
    const stranger = idler(defer, 'another.js')
    const forgotten = idler(defer, 'the-worker.js')
    const pids = [stopped.pid!, stranger.pid!, forgotten.pid!]
    const child = primary(defer, pids, [forgotten.pid!])
    await once(child.stdout!, 'data')
    const [shell] = reapersOf(child.pid!)
    stopped.kill('SIGSTOP')
    child.kill('SIGKILL')
    await until(() => isOver(stopped), 'the worker has ended', 15_000)
    assert.is(stopped.signalCode, 'SIGKILL')
    await until(() => !existsSync(`/proc/${shell}`), 'and so has the shell')
    assert.equal([isOver(stranger), isOver(forgotten)], [false, false])
  }, 30_000)

  test('a primary that ends in order leaves nobody waiting', async (defer) => {
    const worker = idler(defer, 'the-worker.js')
    const child = primary(defer, [worker.pid!], [worker.pid!])
    await once(child.stdout!, 'data')
    const [shell] = reapersOf(child.pid!)
    assert.ok(shell !== undefined)
    const exited = once(child, 'exit')
    child.stdin!.write('stop\n')
    await exited
    await until(() => !existsSync(`/proc/${shell}`), 'the shell has ended')
    assert.not.ok(isOver(worker))
  }, 30_000)

  test('without a shell there is none, and that is no reason to fail', async (defer) => {
    const { Reaper } = await import(REAPER)
    const { logger, lines } = capturedLogger()
    const path = process.env.PATH
    process.env.PATH = ''
    defer(() => {
      process.env.PATH = path
    })
    const reaper = new Reaper('the-worker.js', logger)
    reaper.watch(1_000_000_000)
    await until(() => lines.length > 0, 'it is said')
    reaper.forget(1_000_000_000)
    reaper.stop()
    assert.match(String(lines[0]!.msg), /may outlive the primary/)
  })
})
