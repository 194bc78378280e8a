/** The moments at which waiting makes no sense any more. */

/** Calls `wake` when the network or the page comes back, where there is such a thing; returns the function that ends it. */
export function onWake(wake: () => void): () => void {
  const stop = new AbortController()
  const page = globalThis.document
  globalThis.addEventListener?.('online', wake, { signal: stop.signal })
  page?.addEventListener(
    'visibilitychange',
    () => {
      if (page.visibilityState === 'visible') wake()
    },
    { signal: stop.signal },
  )
  return () => stop.abort()
}
