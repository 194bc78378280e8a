/** One thing that a contract demands. Register it with any test runner: `test(name, run)`. */
export interface ContractCase {
  readonly name: string
  /** Rejects when the plugin breaks the contract, or takes too long: 5 s, where the case doesn't need more. */
  run(): Promise<void>
}

/** Longer than this, a case fails: runners without a time-out must not hang. */
export const CASE_LIMIT_MS = 5000

/** A case that is bounded in time, and that hands its clean-ups to `defer`: they run in reverse, however it ends. */
export function contractCase(
  name: string,
  body: (defer: (cleanUp: () => unknown) => void) => void | Promise<void>,
  limitMs = CASE_LIMIT_MS,
): ContractCase {
  const run = async (): Promise<void> => {
    const cleanUps: (() => unknown)[] = []
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name}: no end after ${limitMs} ms`)), limitMs)
    })
    try {
      await Promise.race([body((cleanUp) => cleanUps.push(cleanUp)), limit])
    } finally {
      clearTimeout(timer)
      for (const cleanUp of cleanUps.reverse()) await cleanUp()
    }
  }
  return { name, run }
}

/** Waits until `condition` holds, for most of a case's limit. */
export async function until(
  condition: () => boolean,
  what: string,
  limitMs = CASE_LIMIT_MS * 0.8,
): Promise<void> {
  const deadline = performance.now() + limitMs
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
