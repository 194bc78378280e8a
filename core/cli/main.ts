#!/usr/bin/env node
/** The command `signalbox`. Exit codes: 0 done, 1 something broke, 2 the command line or the config is wrong. */

import { ConfigError } from '../config/config-error.js'
import { firstLine } from '../first-line.js'
import { VERSION } from '../version.js'
import { check } from './check.js'
import { hashToken } from './hash-token.js'
import { schema } from './schema.js'
import { start } from './start.js'
import { UsageError } from './usage-error.js'

const HELP = `signalbox ${VERSION}: a pluggable WebRTC signaling server

Usage
  signalbox start [options]      serve until SIGINT or SIGTERM
  signalbox check FILE           say what is wrong with a config, without starting anything
  signalbox schema               print the JSON schema of the config, for editors
  signalbox hash-token [--new]   print what stands for a token in the config; --new makes one

Options of start
  --config FILE                  JSON config; without one: a safe default on 127.0.0.1
  --port N                       overrides listen.port; 0 asks the system for a free one
  --engine wasm|js               overrides engine
  --workers N|auto               overrides workers: how many processes serve

  --help, -h                     this text
  --version, -v                  the version alone

Documentation: README.md and docs/ of the package.
`

const commands: Readonly<Record<string, (args: string[]) => Promise<void>>> = {
  start,
  check,
  schema,
  'hash-token': hashToken,
}

async function main([name, ...args]: string[]): Promise<void> {
  const all = [name, ...args]
  if (name === undefined || all.includes('--help') || all.includes('-h')) {
    process.stdout.write(HELP)
  } else if (name === '--version' || name === '-v') {
    process.stdout.write(`${VERSION}\n`)
  } else if (Object.hasOwn(commands, name)) {
    await commands[name]!(args)
  } else {
    throw new UsageError(`there is no command "${name}"; there are: ${Object.keys(commands).join(', ')}`)
  }
}

main(process.argv.slice(2)).catch((error: unknown) => {
  const expected = error instanceof ConfigError || error instanceof UsageError
  const lines = expected ? error.message.split('\n') : [firstLine(error)]
  for (const line of lines) process.stderr.write(`signalbox: ${line}\n`)
  process.exit(expected ? 2 : 1)
})
