import type { Clock } from './clock.js'

/**
 * What `work` resolves to, or a rejection with `late()` when it takes longer than `ms`. Work that is late goes on;
 * what it comes to is ignored.
 */
export async function withDeadline<T>(
  clock: Clock,
  ms: number,
  work: Promise<T>,
  late: () => Error,
): Promise<T> {
  let cancel: (() => void) | undefined
  const deadline = new Promise<never>((_, reject) => {
    const timer = clock.after(ms, () => reject(late()))
    cancel = () => timer.cancel()
  })
  try {
    return await Promise.race([work, deadline])
  } finally {
    cancel?.()
  }
}
