import type { IncomingMessage } from 'node:http'
import { SignalError } from '../errors.js'

const MAX_BYTES = 16 * 1024

/**
 * The JSON that a request brings, of any shape; undefined when it has no body. Throws E_BODY for one that is too long,
 * isn't JSON, or doesn't say that it is: a form of some web page can't say so.
 */
export async function jsonBody(request: IncomingMessage): Promise<unknown> {
  const chunks: Buffer[] = []
  let bytes = 0
  for await (const chunk of request as AsyncIterable<Buffer>) {
    bytes += chunk.length
    if (bytes > MAX_BYTES) throw new SignalError('E_BODY', `the body is longer than ${MAX_BYTES} bytes`)
    chunks.push(chunk)
  }
  const [type = ''] = (request.headers['content-type'] ?? '').split(';', 1)
  if (type.trim().toLowerCase() !== 'application/json') {
    throw new SignalError('E_BODY', 'send JSON, with the header Content-Type: application/json')
  }
  if (bytes === 0) return undefined
  try {
    return JSON.parse(Buffer.concat(chunks).toString())
  } catch {
    throw new SignalError('E_BODY', 'the body is not valid JSON')
  }
}
