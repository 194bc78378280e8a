/**
 * No worker outlives the primary. Workers end by themselves when the primary has died, however it did; but one that is
 * stopped, or in an endless loop, can't. So a shell waits beside them: its input ends with the primary, and then it ends
 * who is left. It is told who runs, and looks whether a process still is a worker, since numbers are given again.
 */

import { spawn } from 'node:child_process'
import type { Writable } from 'node:stream'
import type { Logger } from 'pino'
import { firstLine } from '../first-line.js'

/** What workers that can end by themselves get for it. */
const GRACE_SECONDS = 5

/** `+PID` for one that has begun, `-PID` for one that has ended; `$PROGRAM` is in the command line of all. */
const SCRIPT = `
  pids=' '
  while read -r word; do
    pid=\${word#?}
    case $word in
      +*) pids="$pids$pid " ;;
      -*) pids="\${pids%% $pid *} \${pids#* $pid }" ;;
    esac
  done
  [ -z "\${pids# }" ] && exit
  sleep ${GRACE_SECONDS}
  for pid in $pids; do
    case $(tr '\\0' ' ' < "/proc/$pid/cmdline" || ps -o args= -p "$pid") in
      *"$PROGRAM"*) kill -9 "$pid" ;;
    esac
  done`

export class Reaper {
  readonly #program: string
  readonly #logger: Logger
  /** What the shell reads; undefined: there is none. */
  #input: Writable | undefined

  /** `program`: the file that workers run. */
  constructor(program: string, logger: Logger) {
    this.#program = program
    this.#logger = logger
  }

  /** A worker has begun. */
  watch(pid: number | undefined): void {
    if (pid === undefined) return
    this.#input ??= this.#start()
    this.#input.write(`+${pid}\n`)
  }

  /** It has ended. */
  forget(pid: number | undefined): void {
    if (pid !== undefined) this.#input?.write(`-${pid}\n`)
  }

  /** Once all have ended. */
  stop(): void {
    this.#input?.end()
    this.#input = undefined
  }

  #start(): Writable {
    // In a group of its own: what is signalled to all of the primary's group isn't for it.
    const shell = spawn('sh', ['-c', SCRIPT, 'signalbox-reaper'], {
      env: { ...process.env, PROGRAM: this.#program },
      detached: true,
      stdio: ['pipe', 'ignore', 'ignore'],
    })
    const absent = (error: Error) =>
      this.#logger.debug({ why: firstLine(error) }, 'a worker that stands still may outlive the primary')
    shell.on('error', absent) // there is no shell: not a system like Unix
    shell.stdin.on('error', absent)
    shell.unref()
    return shell.stdin
  }
}
