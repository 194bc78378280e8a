/** Credentials that a TURN server checks with a shared secret alone ("TURN REST API", coturn's `use-auth-secret`). */

import { createHmac } from 'node:crypto'

/** Longest part of the user name that comes from outside; what is left is for logs of the TURN server. */
const MAX_USER_LENGTH = 64

/**
 * User name `expiry:user` (expiry in seconds since the Unix epoch) and the base64 of its HMAC-SHA1 under the
 * secret. `user` is reduced to characters that can't be taken for the separator or break a log line.
 */
export function turnCredentials(
  secret: string,
  user: string,
  expiresAt: number,
): { username: string; credential: string } {
  const name = user.replace(/[^\w.@-]/g, '_').slice(0, MAX_USER_LENGTH)
  const username = `${Math.floor(expiresAt / 1000)}:${name}`
  return { username, credential: createHmac('sha1', secret).update(username).digest('base64') }
}
