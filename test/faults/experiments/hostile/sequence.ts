import type { Defer } from '../../../suite.js'
import type { LabClient } from '../../lab-client.js'

/** Where hostile sequences are played: a server, and two clients in room `a` that must notice nothing. */
export interface Stage {
  readonly url: string
  readonly port: number
  readonly defer: Defer
  readonly control: LabClient
  readonly other: LabClient
}

/** Something that no client should do. Resolves to what went wrong, or to undefined. */
export interface Sequence {
  readonly name: string
  play(stage: Stage): Promise<string | undefined>
}

/** How long the server may take to get rid of a connection. */
export const RID_MS = 15_000

/** The first of the two; `late` when the wait comes to nothing. */
export async function within<T>(promise: Promise<T>, limitMs: number): Promise<T | 'late'> {
  let timer: NodeJS.Timeout | undefined
  const late = new Promise<'late'>((resolve) => {
    timer = setTimeout(() => resolve('late'), limitMs)
  })
  try {
    return await Promise.race([promise, late])
  } finally {
    clearTimeout(timer)
  }
}
