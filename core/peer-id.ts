/**
 * A peer id is an address: 96 bits in 16 base64url characters, most significant first, without padding.
 *
 * ```
 * characters  0 1 2   3 4 5 6   7 8 9        10 … 15
 *             node    slot      generation   random tag
 * bits        18      24        18           36
 * ```
 *
 * Whoever has an id finds its peer by arithmetic and one comparison. The generation and the tag differ whenever a
 * slot is used again, so a stale id finds nobody; the tag is what nobody can guess.
 */

const ALPHABET = 'ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_'
const SHAPE = /^[A-Za-z0-9_-]{16}$/

/** What each part can count to; a generation that reaches its limit starts again at 0. */
export const PEER_ID_LIMITS = { node: 2 ** 18, slot: 2 ** 24, generation: 2 ** 18, tag: 2 ** 36 } as const

/** The id of the peer at this address; `tag` is random, e.g. `randomInt(PEER_ID_LIMITS.tag)`. Throws RangeError. */
export function encodePeerId(node: number, slot: number, generation: number, tag: number): string {
  return (
    encode('node', node, 3) +
    encode('slot', slot, 4) +
    encode('generation', generation, 3) +
    encode('tag', tag, 6)
  )
}

/** The slot that an id points to, -1 when it isn't shaped like an id. Says nothing about whether that peer exists. */
export const slotOfPeerId = (id: string): number => decode(id, 3, 7)

/** The generation of that slot in an id, -1 when it isn't shaped like an id. */
export const generationOfPeerId = (id: string): number => decode(id, 7, 10)

function decode(id: string, from: number, to: number): number {
  if (!SHAPE.test(id)) return -1
  let value = 0
  for (let i = from; i < to; i++) value = value * 64 + ALPHABET.indexOf(id.charAt(i))
  return value
}

function encode(part: keyof typeof PEER_ID_LIMITS, value: number, characters: number): string {
  if (!Number.isInteger(value) || value < 0 || value >= PEER_ID_LIMITS[part]) {
    throw new RangeError(`${part} ${value} does not fit into a peer id (0 to ${PEER_ID_LIMITS[part] - 1})`)
  }
  let text = ''
  for (let rest = value, i = 0; i < characters; i++, rest = Math.floor(rest / 64)) {
    text = ALPHABET.charAt(rest % 64) + text
  }
  return text
}
