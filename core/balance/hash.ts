/** Hashes for spreading keys. Not for secrets: whoever picks keys can aim. They must never change between versions. */

/** Where the two lanes begin: keys and ids hash apart, so that ("ab", "c") and ("a", "bc") have nothing in common. */
const KEY_SEED = 0x9e3779b9
const ID_SEED = 0x3c6ef372

/** 32 bits of a key; a second, independent 32 bits come from `again`. */
export const hashKey = (key: string, again = 0): number => hash(key, KEY_SEED ^ again)

/** 32 bits of a candidate's id; a second, independent 32 bits come from `again`. */
export const hashId = (id: string, again = 0): number => hash(id, ID_SEED ^ again)

/** Any number but 0, to draw a second hash of the same string. */
export const AGAIN = 0x5f356495

function hash(text: string, seed: number): number {
  let word = seed
  for (let i = 0; i < text.length; i++) {
    word = Math.imul(word ^ text.charCodeAt(i), 0x2c1b3c6d)
    word ^= word >>> 15
  }
  return scatter(word ^ text.length)
}

/** Lets every bit of a 32-bit word reach every other (the finaliser of MurmurHash3). Signed, as `Math.imul` gives it. */
export function scatter(word: number): number {
  const once = Math.imul(word ^ (word >>> 16), 0x85ebca6b)
  const twice = Math.imul(once ^ (once >>> 13), 0xc2b2ae35)
  return twice ^ (twice >>> 16)
}
