import { HANDSHAKE } from '../../../plugins/transport/ws/raw-socket.js'
import { rawSocket } from '../../../raw-http.js'
import { sleep } from '../../waiting.js'
import { RID_MS, type Sequence, within } from './sequence.js'

const GOOD = HANDSHAKE('room=a')
const without = (header: string) => GOOD.replace(new RegExp(`^${header}: .*\r\n`, 'm'), '')
const instead = (header: string, value: string) =>
  GOOD.replace(new RegExp(`^${header}: .*$`, 'm'), `${header}: ${value}`)
const withHeader = (line: string) => GOOD.replace('\r\n', `\r\n${line}\r\n`)

/** Requests that must not become a connection. */
const BAD: Readonly<Record<string, string>> = {
  'no key': without('sec-websocket-key'),
  'an empty key': instead('sec-websocket-key', ''),
  'a short key': instead('sec-websocket-key', 'AAAA'),
  'a key that is no base64': instead('sec-websocket-key', '!!!!!!!!!!!!!!!!!!!!!!=='),
  'no version': without('sec-websocket-version'),
  'version 12': instead('sec-websocket-version', '12'),
  'no subprotocol': without('sec-websocket-protocol'),
  'another subprotocol': instead('sec-websocket-protocol', 'mqtt'),
  'a subprotocol that is none': instead('sec-websocket-protocol', ',,,'),
  'no upgrade': without('upgrade'),
  'upgrade to something else': instead('upgrade', 'h2c'),
  POST: GOOD.replace('GET', 'POST'),
  'a method of its own': GOOD.replace('GET', 'OPEN'),
  'another path': GOOD.replace('/signal', '/elsewhere'),
  'a path that is no URL': GOOD.replace('/signal?room=a', '//['),
  'a foreign origin': withHeader('origin: https://evil.example'),
  'an origin of null': withHeader('origin: null'),
  '20 KB of headers': withHeader(`x-filler: ${'x'.repeat(20_000)}`),
  '10,000 headers': withHeader(Array.from({ length: 10_000 }, (_, i) => `x-${i}: 1`).join('\r\n')),
  'no HTTP': 'hello\r\n\r\n',
  bytes: `\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03${'\xff'.repeat(200)}`,
  'nothing but lines': '\r\n'.repeat(5000),
  'an HTTP of the future': GOOD.replace('HTTP/1.1', 'HTTP/9.9'),
  'two lengths of body': withHeader('content-length: 5\r\ncontent-length: 6'),
  'a length and chunks': withHeader('content-length: 5\r\ntransfer-encoding: chunked'),
  'a header with a zero byte': withHeader('x-zero: \x00'),
  'a token that is none': instead('sec-websocket-protocol', `signalbox.token.${'A'.repeat(9000)}`),
}

/** What is sent, how slowly, and how it ends, in handshakes that go no further. */
const STALLED: Readonly<Record<string, { text: string; dripMs?: number; end?: 'end' | 'reset' }>> = {
  'nothing at all': { text: '' },
  'half of the request line': { text: GOOD.slice(0, 7) },
  'half of the headers': { text: GOOD.slice(0, -40) },
  'all but the last byte': { text: GOOD.slice(0, -1) },
  'a drip of headers': { text: GOOD.slice(0, -2), dripMs: 20 },
  'headers, and a FIN': { text: GOOD.slice(0, -2), end: 'end' },
  'headers, and a reset': { text: GOOD.slice(0, -2), end: 'reset' },
  'a whole one, and a FIN': { text: GOOD, end: 'end' },
  'a whole one, and a reset': { text: GOOD, end: 'reset' },
  'a whole one, and half of a frame': { text: `${GOOD}\x81\xfe` },
  'a whole one, and silence': { text: GOOD },
}
/** Each is played by so many connections at once. */
const AT_ONCE = 20

export const HANDSHAKES: readonly Sequence[] = [
  ...Object.entries(BAD).map(([name, text]) => ({
    name: `handshake: ${name}`,
    async play({ port, defer }: Parameters<Sequence['play']>[0]) {
      const socket = await rawSocket(defer, port)
      const answer = new Promise<string>((resolve) => {
        let bytes = ''
        socket.on('data', (chunk) => {
          bytes += chunk.toString('latin1')
          if (bytes.includes('\r\n\r\n')) resolve(bytes)
        })
        socket.once('close', () => resolve(bytes))
      })
      socket.write(text, 'latin1')
      const found = await within(answer, RID_MS)
      socket.destroy()
      if (found === 'late') return 'was neither answered nor closed'
      return found.startsWith('HTTP/1.1 101') ? 'was let in' : undefined
    },
  })),
  ...Object.entries(STALLED).map(([name, { text, dripMs, end }]) => ({
    name: `half-open: ${name}`,
    async play({ port, defer }: Parameters<Sequence['play']>[0]) {
      const one = async () => {
        const socket = await rawSocket(defer, port)
        const closed = new Promise<void>((resolve) => socket.once('close', () => resolve()))
        socket.resume()
        if (dripMs === undefined) socket.write(text, 'latin1')
        for (let at = 0; dripMs !== undefined && at < text.length && !socket.destroyed; at++) {
          socket.write(text[at]!, 'latin1')
          await sleep(dripMs)
        }
        if (end === 'end') socket.end()
        if (end === 'reset') socket.resetAndDestroy()
        const found = await within(closed, RID_MS)
        socket.destroy()
        return found
      }
      const found = await Promise.all(Array.from({ length: AT_ONCE }, one))
      const late = found.filter((what) => what === 'late').length
      return late > 0 ? `${late} of ${AT_ONCE} connections were left open` : undefined
    },
  })),
]
