import { createHash, randomBytes } from 'node:crypto'
import { text } from 'node:stream/consumers'
import { parseArguments } from './arguments.js'
import { UsageError } from './usage-error.js'

const MIN_LENGTH = 16

/**
 * `signalbox hash-token`: what stands in the config for a token that is read from standard input, where no history of
 * a shell keeps it. With `--new`, for one that is made here and printed first.
 */
export async function hashToken(args: string[]): Promise<void> {
  const { values } = parseArguments({ args, options: { new: { type: 'boolean' } } })
  const token = values.new ? randomBytes(32).toString('base64url') : await typed()
  if (values.new) process.stdout.write(`${token}\n`)
  process.stdout.write(`sha256:${createHash('sha256').update(token).digest('hex')}\n`)
}

async function typed(): Promise<string> {
  const token = (await text(process.stdin)).replace(/\r?\n$/, '')
  if (token.length >= MIN_LENGTH && !/\s/.test(token)) return token
  throw new UsageError(`hash-token reads one token of ${MIN_LENGTH} characters or more, without spaces`)
}
