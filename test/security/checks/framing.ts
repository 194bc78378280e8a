import { once } from 'node:events'
import * as assert from 'uvu/assert'
import { closeCodeAfter, frame, intruder } from '../attacker.js'
import type { Group } from '../check.js'

const [FINAL, TEXT, BINARY, CONTINUATION, PING, CLOSE] = [0x80, 1, 2, 0, 9, 8] as const

export const framing: Group = {
  title: 'Framing (RFC 6455)',
  checks: [
    {
      holds: 'an unmasked frame ends the connection with 1002',
      threat: 'a page makes a proxy take frames for answers of another server (cache poisoning)',
      async attack({ serve, defer }) {
        const { port } = await serve()
        assert.is(await closeCodeAfter(defer, port, Buffer.from([FINAL | TEXT, 2, 0x7b, 0x7d])), 1002)
      },
    },
    {
      holds: 'reserved bits and unknown opcodes end the connection with 1002',
      threat: 'two readers of the same bytes understand different things',
      async attack({ serve, defer }) {
        const { port } = await serve()
        for (const first of [0xc1, 0xa1, 0x91, 0x83, 0x8b, 0x8f]) {
          assert.is(await closeCodeAfter(defer, port, frame(first, '{}')), 1002, first.toString(16))
        }
      },
    },
    {
      holds: 'broken fragments end the connection with 1002',
      threat: 'messages are put together of parts that don’t belong together',
      async attack({ serve, defer }) {
        const { port } = await serve()
        assert.is(await closeCodeAfter(defer, port, frame(FINAL | CONTINUATION, '{}')), 1002)
        assert.is(await closeCodeAfter(defer, port, frame(TEXT, '{'), frame(FINAL | TEXT, '}')), 1002)
        assert.is(await closeCodeAfter(defer, port, frame(PING, '')), 1002)
        assert.is(await closeCodeAfter(defer, port, frame(FINAL | PING, 'x'.repeat(126))), 1002)
        assert.is(await closeCodeAfter(defer, port, frame(FINAL | CLOSE, 'x')), 1002)
      },
    },
    {
      holds:
        'a frame that claims to be longer than a message ends the connection with 1009, before its first byte',
      threat: 'memory is reserved for terabytes that were only announced',
      async attack({ serve, defer }) {
        const { port } = await serve()
        for (const claim of [65_537n, 2n ** 31n, 2n ** 40n, 2n ** 62n]) {
          const header = Buffer.alloc(14)
          header.writeUInt16BE(0x81ff)
          header.writeBigUInt64BE(claim, 2)
          assert.is(await closeCodeAfter(defer, port, header), 1009, String(claim))
        }
      },
    },
    {
      holds: 'fragments that together are longer than a message end the connection with 1009',
      threat: 'a message grows without end, a frame at a time',
      async attack({ serve, defer }) {
        const { port } = await serve()
        const parts = [frame(TEXT, 'x'.repeat(40_000)), frame(CONTINUATION, 'x'.repeat(40_000))]
        assert.is(await closeCodeAfter(defer, port, ...parts), 1009)
      },
    },
    {
      holds: 'text that isn’t UTF-8 ends the connection with 1007',
      threat: 'two names that differ for one reader are the same for another',
      async attack({ serve, defer }) {
        const { port } = await serve()
        for (const bytes of [
          [0xff],
          [0xc0, 0x80],
          [0xed, 0xa0, 0x80],
          [0xf4, 0x90, 0x80, 0x80],
          [0xe2, 0x82],
        ]) {
          assert.is(await closeCodeAfter(defer, port, frame(FINAL | TEXT, Uint8Array.from(bytes))), 1007)
        }
      },
    },
    {
      holds: 'a binary frame ends the connection with 1003',
      threat: 'bytes that nobody has checked are passed on',
      async attack({ serve, defer }) {
        const { port } = await serve()
        assert.is(await closeCodeAfter(defer, port, frame(FINAL | BINARY, '{}')), 1003)
      },
    },
    {
      holds: 'compression is never agreed on',
      threat: 'a few bytes unpack to gigabytes, and lengths give secrets away (zip bombs, CRIME)',
      async attack({ serve, defer }) {
        const { port } = await serve()
        const offer = { 'Sec-WebSocket-Extensions': 'permessage-deflate; client_max_window_bits' }
        const socket = await intruder(defer, port, offer)
        assert.not.match(String(socket.read()), /sec-websocket-extensions/i)
        assert.is(await closeCodeAfter(defer, port, frame(0xc1, Uint8Array.of(0x4a, 0x05, 0))), 1002)
      },
    },
    {
      holds: 'who floods pings and reads no answer is owed little, or read no further',
      threat: 'answers that nobody reads fill the memory',
      async attack({ serve, defer }) {
        const { port, client } = await serve()
        const socket = await intruder(defer, port)
        socket.pause()
        const pings = Buffer.concat(Array.from({ length: 5000 }, () => frame(FINAL | PING, 'x'.repeat(100))))
        const before = process.memoryUsage.rss()
        for (let i = 0; i < 200 && socket.writable; i++) {
          if (socket.write(pings)) continue
          const drained = once(socket, 'drain').then(() => true)
          if (!(await Promise.race([drained, tick(250)]).catch(() => false))) break
        }
        const bystander = await client()
        await bystander.settled()
        const grownBytes = process.memoryUsage.rss() - before
        assert.ok(grownBytes < 200e6, `${Math.round(grownBytes / 1e6)} MB`)
      },
    },
  ],
}

const tick = (ms: number) => new Promise<false>((resolve) => setTimeout(() => resolve(false), ms))
