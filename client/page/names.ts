/** Rooms that are easy to say on the telephone, and hard to stumble into. */

const HOW = ['amber', 'brisk', 'calm', 'clear', 'early', 'gentle', 'quiet', 'silver', 'steady', 'warm']
const WHAT = [
  'bridge',
  'garden',
  'harbour',
  'junction',
  'lantern',
  'meadow',
  'orchard',
  'platform',
  'summit',
  'valley',
]

/** Such as `quiet-harbour-48213`. */
export function suggestRoom(): string {
  const [how = 0, what = 0, number = 0] = crypto.getRandomValues(new Uint32Array(3))
  return `${HOW[how % HOW.length]}-${WHAT[what % WHAT.length]}-${10_000 + (number % 90_000)}`
}

/** The room of the page's address: `/?room=kitchen`. */
export function roomOfAddress(): string | undefined {
  return new URLSearchParams(location.search).get('room')?.trim() || undefined
}

/** What to send to whoever shall come. Never carries the token. */
export function linkTo(room: string): string {
  return `${location.origin}/?${new URLSearchParams({ room })}`
}
