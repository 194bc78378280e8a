/** One thing that a contract demands. Register it with any test runner: `test(name, run)`. */
export interface ContractCase {
  readonly name: string
  /** Rejects when the plugin breaks the contract, or takes longer than `CASE_LIMIT_MS`. */
  run(): Promise<void>
}

/** Longer than this, a case fails: runners without a time-out must not hang. */
export const CASE_LIMIT_MS = 5000

/** A case that is bounded in time, and that hands its clean-ups to `defer`: they run in reverse, however it ends. */
export function contractCase(
  name: string,
  body: (defer: (cleanUp: () => unknown) => void) => void | Promise<void>,
): ContractCase {
  const run = async (): Promise<void> => {
    const cleanUps: (() => unknown)[] = []
    let timer: NodeJS.Timeout | undefined
    const limit = new Promise<never>((_, reject) => {
      timer = setTimeout(() => reject(new Error(`${name}: no end after ${CASE_LIMIT_MS} ms`)), CASE_LIMIT_MS)
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

/** Waits until `condition` holds; the case's own limit bounds it. */
export async function until(condition: () => boolean, what: string): Promise<void> {
  const deadline = performance.now() + CASE_LIMIT_MS * 0.8
  while (!condition()) {
    if (performance.now() > deadline) throw new Error(`waited in vain: ${what}`)
    await new Promise((resolve) => setTimeout(resolve, 1))
  }
}
