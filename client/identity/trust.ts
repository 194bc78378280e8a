/** Whose key counts for whose name. */

export interface Trust {
  /** Whether this key (base64url) is the one of that name. Both come from a stranger. */
  accepts(name: string, publicKey: string): boolean | Promise<boolean>
}

/** Keeps the key of a name. `localStorage` is one. */
export interface KeyStore {
  getItem(name: string): string | null | Promise<string | null>
  setItem(name: string, publicKey: string): void | Promise<void>
}

/** Names and their keys, as you know them from elsewhere; nobody else is accepted. */
export function knownKeys(keys: Readonly<Record<string, string>>): Trust {
  const known = new Map(Object.entries(keys))
  return { accepts: (name, publicKey) => known.get(name) === publicKey }
}

/**
 * Whoever comes first under a name keeps it, for as long as the store lasts; another key under that name is refused.
 * In memory without a store.
 */
export function trustOnFirstUse(store: KeyStore = memory()): Trust {
  let last: Promise<unknown> = Promise.resolve()
  return {
    // One after the other: of two keys for a new name, only one is the first.
    accepts: (name, publicKey) => {
      const answer = last.then(() => judge(store, `signalbox.identity.${name}`, publicKey))
      last = answer.catch(() => {})
      return answer
    },
  }
}

async function judge(store: KeyStore, item: string, publicKey: string): Promise<boolean> {
  const known = await store.getItem(item)
  if (known === null) await store.setItem(item, publicKey)
  return known === null || known === publicKey
}

function memory(): KeyStore {
  const keys = new Map<string, string>()
  return { getItem: (name) => keys.get(name) ?? null, setItem: (name, key) => void keys.set(name, key) }
}
