import { type ErrorCode, SignalError } from '../errors.js'
import type { AdminPage } from '../tokens.js'

/** A worker that doesn't answer within this time isn't waited for, milliseconds. */
const LIMIT_MS = 5000

/** Where a worker's admin listener is, and what it asks for. */
export interface Asked {
  readonly adminUrl: string
  readonly token: string
}

/** What the admin listener of a worker answers. Rejects when there is no answer in time. */
export async function ask({ adminUrl, token }: Asked, path: string): Promise<Required<AdminPage>> {
  const answer = await send(`${adminUrl}${path}`, token, {})
  return {
    status: answer.status,
    contentType: answer.headers.get('content-type') ?? 'text/plain',
    body: await answer.text(),
  }
}

/** Posts JSON. What the worker objects to is thrown as it said it: a `SignalError`. */
export async function post({ adminUrl, token }: Asked, path: string, body: unknown): Promise<object> {
  const answer = await send(`${adminUrl}${path}`, token, {
    method: 'POST',
    headers: { 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  })
  const said = (await answer.json()) as { code: ErrorCode; message: string }
  if (!answer.ok) throw new SignalError(said.code, said.message)
  return said
}

const send = (url: string, token: string, { headers, ...init }: RequestInit): Promise<Response> =>
  fetch(url, {
    ...init,
    headers: { ...headers, Authorization: `Bearer ${token}` },
    signal: AbortSignal.timeout(LIMIT_MS),
  })
