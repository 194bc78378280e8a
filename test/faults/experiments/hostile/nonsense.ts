import { framed } from '../../../plugins/transport/ws/client-frames.js'
import { RawSocket } from '../../../plugins/transport/ws/raw-socket.js'
import { RID_MS, type Sequence, within } from './sequence.js'

/** Messages that mean nothing or ask too much, and what each is answered with; `undefined`: the connection may go on. */
const MESSAGES: Readonly<Record<string, string>> = {
  'an ack beyond what was sent': '{"type":"ack","seen":4503599627370495}',
  'an ack below zero': '{"type":"ack","seen":-1}',
  'an ack of 2^53+1': '{"type":"ack","seen":9007199254740993}',
  'an ack of 1e999': '{"type":"ack","seen":1e999}',
  'an ack of NaN': '{"type":"ack","seen":NaN}',
  'an ack of 1.5': '{"type":"ack","seen":1.5}',
  'an ack of nothing': '{"type":"ack"}',
  'an id of 0': '{"type":"publish","room":"a","id":0,"data":1}',
  'an id below zero': '{"type":"publish","room":"a","id":-1,"data":1}',
  'an id of 2^53+1': '{"type":"publish","room":"a","id":9007199254740993,"data":1}',
  'an id of 1e999': '{"type":"publish","room":"a","id":1e999,"data":1}',
  'an id that skips': '{"type":"publish","room":"a","id":7,"data":1}',
  'a from of its own': '{"type":"publish","room":"a","from":"AAAAAAAAAAAAAAAA","data":1}',
  'a message to itself': '{"type":"signal","room":"a","to":"$self","data":1}',
  'a message to nobody': '{"type":"signal","room":"a","to":"AAAAAAAAAAAAAAAA","data":1}',
  'a message as the server': '{"type":"peer-left","room":"a","peer":{"id":"AAAAAAAAAAAAAAAA"}}',
  'a room without a name': '{"type":"join","room":""}',
  'a room with a zero byte': '{"type":"join","room":"a\\u0000"}',
  'a room of a lone surrogate': '{"type":"join","room":"\\ud800"}',
  'a room of 129 bytes': `{"type":"join","room":"${'x'.repeat(129)}"}`,
  'a room that is a prototype': '{"type":"join","room":"__proto__"}',
  'metadata that is too large': `{"type":"update","room":"a","data":"${'x'.repeat(20_000)}"}`,
  'a key that is a prototype': '{"__proto__":{"room":"a"},"type":"publish","data":1}',
  'a type twice': '{"type":"bye","type":"publish","room":"a","data":1}',
}

export const NONSENSE: readonly Sequence[] = Object.entries(MESSAGES).map(([name, message]) => ({
  name: `message: ${name}`,
  async play({ url, defer }) {
    const client = await RawSocket.open(defer, url, 'room=a')
    await client.send(framed(1, message))
    const found = await within(
      client.handled([]).catch(() => client.closed()),
      RID_MS,
    )
    client.destroy()
    return found === 'late' ? 'was neither answered nor closed' : undefined
  },
}))
