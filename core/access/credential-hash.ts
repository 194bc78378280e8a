import { createHash } from 'node:crypto'

/** Enough to find the lines of one credential in a log, and too little to try others against. */
const CHARACTERS = 12

/** What a log may hold of a credential: the beginning of its SHA-256, in hex. */
export function credentialHash(credential: string): string {
  return createHash('sha256').update(credential).digest('hex').slice(0, CHARACTERS)
}
