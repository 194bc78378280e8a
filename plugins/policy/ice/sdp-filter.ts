import { type CandidateRules, UNTOLD } from './candidate-rules.js'

/**
 * An SDP in which only those candidates stand that the rules let through. The other places where an address of the peer
 * may stand say nothing then, as in an SDP for trickle ICE (RFC 8840 section 4.1.1): the origin, the connection data
 * with the media's port, `a=rtcp`, `a=remote-candidates`. Line by line: everything else stays as it is.
 */
export function filterSdp(sdp: string, rules: CandidateRules): string {
  const lines: string[] = []
  for (const line of sdp.split('\n')) {
    const end = line.endsWith('\r') ? '\r' : ''
    const filtered = filterLine(end === '' ? line : line.slice(0, -1), rules)
    if (filtered !== undefined) lines.push(filtered + end)
  }
  return lines.join('\n')
}

function filterLine(line: string, rules: CandidateRules): string | undefined {
  if (line.startsWith('a=candidate:')) return rules.filter(line)
  if (line.startsWith('a=remote-candidates:')) return undefined
  if (line.startsWith('c=') || line.startsWith('o=')) return untold(line)
  if (line.startsWith('a=rtcp:')) return untold(line.replace(/^a=rtcp:\d+/, `a=rtcp:${UNTOLD.port}`))
  if (line.startsWith('m=')) return withoutPort(line)
  return line
}

/** `… IN IP4 203.0.113.7`: the address stands last, whatever comes before. */
function untold(line: string): string {
  for (const version of ['IP4', 'IP6'] as const) {
    const place = line.lastIndexOf(`${version} `)
    if (place !== -1) return `${line.slice(0, place)}${version} ${UNTOLD[version]}`
  }
  return line
}

/** `m=audio 54400 …`; port 0 says that the medium is refused, and stays. */
function withoutPort(line: string): string {
  const fields = line.split(' ')
  if (fields[1] !== undefined && fields[1] !== '0') fields[1] = UNTOLD.port
  return fields.join(' ')
}
