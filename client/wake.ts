/** The moments at which waiting makes no sense any more. */

/**
 * Calls `online` when the network comes back and `visible` when the page does, where there is such a thing; returns the
 * function that ends it. That the network goes says nothing: the server may be on this very machine.
 */
export function onWake({ online, visible }: { online(): void; visible(): void }): () => void {
  const stop = new AbortController()
  const page = globalThis.document
  globalThis.addEventListener?.('online', online, { signal: stop.signal })
  page?.addEventListener(
    'visibilitychange',
    () => {
      if (page.visibilityState === 'visible') visible()
    },
    { signal: stop.signal },
  )
  return () => stop.abort()
}
