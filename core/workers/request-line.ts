/** The room that a connection asks for, as its first line tells it (RFC 9112 section 3). */

const LF = 0x0a
const CR = 0x0d

/**
 * The room in the query of the first request, or undefined when it names none. `INCOMPLETE`: its line hasn't ended yet.
 * What isn't HTTP has no room: a worker answers it.
 */
export function roomOf(head: Buffer): string | undefined | typeof INCOMPLETE {
  // A server ignores empty lines before the request (section 2.2).
  let start = 0
  while (head[start] === CR || head[start] === LF) start++
  const end = head.indexOf(LF, start)
  if (end === -1) return INCOMPLETE
  const [, target = ''] = head.toString('latin1', start, end).split(' ', 2)
  if (!target.includes('?') || !URL.canParse(target, 'http://host')) return undefined
  return new URL(target, 'http://host').searchParams.get('room') ?? undefined
}

export const INCOMPLETE: unique symbol = Symbol('the line has no end yet')
