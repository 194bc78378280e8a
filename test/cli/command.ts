import { type ChildProcess, spawn } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { leaks } from '../log-watch.js'
import type { Defer } from '../suite.js'

const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url))

/** A `signalbox` process. */
export interface Command {
  readonly child: ChildProcess
  readonly stdout: () => string
  readonly stderr: () => string
  /** Resolves with the exit code, or the signal that ended it. */
  readonly exit: Promise<number | NodeJS.Signals>
}

interface RunOptions {
  readonly cwd?: string
  readonly env?: Record<string, string>
  /** What is typed: standard input. */
  readonly input?: string
}

/** Runs `signalbox` as the build left it; it is ended with the test. */
export function signalbox(
  defer: Defer,
  args: readonly string[],
  { cwd, env = {}, input }: RunOptions = {},
): Command {
  const child = spawn(process.execPath, [MAIN, ...args], {
    cwd,
    env: { ...process.env, ...env },
    stdio: [input === undefined ? 'ignore' : 'pipe', 'pipe', 'pipe'],
  })
  child.stdin?.end(input)
  let [stdout, stderr] = ['', '']
  defer(() => {
    child.kill('SIGKILL')
    const found = leaks(stderr)
    if (found.length > 0) throw new Error(`its log holds ${found.join(', ')}`)
  })
  child.stdout!.on('data', (chunk) => {
    stdout += chunk
  })
  child.stderr!.on('data', (chunk) => {
    stderr += chunk
  })
  const exit = new Promise<number | NodeJS.Signals>((resolve) => {
    child.on('close', (code, signal) => resolve(code ?? signal!))
  })
  return { child, stdout: () => stdout, stderr: () => stderr, exit }
}

/** What a command that ends by itself came to. */
export async function run(
  defer: Defer,
  args: readonly string[],
  options?: RunOptions,
): Promise<{ code: number | NodeJS.Signals; stdout: string; stderr: string }> {
  const { exit, stdout, stderr } = signalbox(defer, args, options)
  const code = await exit
  return { code, stdout: stdout(), stderr: stderr() }
}

/** Waits for the banner; resolves to the URLs in it. Rejects with what the process said when it ends instead. */
export async function banner(
  command: Command,
): Promise<{ page: string; clients: string; operators: string }> {
  const url = (label: string) => new RegExp(`${label} +(\\S+)`).exec(command.stdout())?.[1]
  let over = false
  void command.exit.then(() => {
    over = true
  })
  while (!command.stdout().includes('Ctrl-C stops.')) {
    if (over) throw new Error(`ended before its banner: ${command.stderr()}`)
    await new Promise((resolve) => setTimeout(resolve, 5))
  }
  return { page: url('call page')!, clients: url('clients')!, operators: url('operators')! }
}
