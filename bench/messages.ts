/** The messages that the micro benchmarks rewrite: what a call is made of. */

const SDP_LINES = [
  'a=rtpmap:111 opus/48000/2',
  'a=fmtp:111 minptime=10;useinbandfec=1',
  'a=rtcp-fb:96 transport-cc',
  'a=extmap:3 http://www.ietf.org/id/draft-holmer-rmcat-transport-wide-cc-extensions-01',
  'a=ssrc:1001 cname:4TOk42mSjXCkVIa6',
  'a=candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 10.0.0.17 rport 46154',
]

/** An SDP of at least so many bytes. */
export function sdp(bytes: number): string {
  const lines = ['v=0', 'o=- 4611731400430051336 2 IN IP4 127.0.0.1', 's=-', 't=0 0']
  for (let length = 100, i = 0; length < bytes; i++) {
    const line = SDP_LINES[i % SDP_LINES.length]!
    lines.push(line)
    length += line.length + 4 // CR and LF are two characters each in JSON
  }
  return `${lines.join('\r\n')}\r\n`
}

/** What a browser says of one way to reach it. */
export const candidate = {
  candidate:
    'candidate:842163049 1 udp 1677729535 203.0.113.77 46154 typ srflx raddr 10.0.0.17 rport 46154 generation 0 ufrag EsAw network-id 1 network-cost 999',
  sdpMid: '0',
  sdpMLineIndex: 0,
  usernameFragment: 'EsAw',
}

export interface Case {
  readonly name: string
  readonly message: Buffer
}

/** Each case is named after what it costs to carry: its size in bytes, about. */
export function cases(room: string, to: string): readonly Case[] {
  const directed = (type: string, data: unknown) =>
    Buffer.from(JSON.stringify({ type, id: 12, room, to, data }))
  return [
    {
      name: 'rewrite-64',
      message: Buffer.from(JSON.stringify({ type: 'publish', room, data: { hand: 'up' } })),
    },
    { name: 'rewrite-350', message: directed('candidate', candidate) },
    { name: 'rewrite-3k', message: directed('offer', { type: 'offer', sdp: sdp(2850) }) },
    { name: 'rewrite-8k', message: directed('offer', { type: 'offer', sdp: sdp(7850) }) },
    { name: 'rewrite-60k', message: directed('offer', { type: 'offer', sdp: sdp(59_500) }) },
  ]
}
