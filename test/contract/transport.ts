import assert from 'node:assert/strict'
import type { FrontDoor, Hub, Transport } from '../../core/contracts/transport.js'
import { textFrame } from '../../core/egress/text-frame.js'
import { SignalError } from '../../core/errors.js'
import type { Lifecycle } from '../../core/plugin.js'
import { type ContractCase, contractCase, until } from './contract-case.js'
import { type FakeClient, FakeFrontDoor } from './fake-doors.js'
import { FakeHub, type FakePeer } from './fake-hub.js'
import { lifecycleContract } from './lifecycle.js'

/** For transports that take upgrades and whose clients are admitted without further ado. */
export interface TransportHarness {
  /** A new instance between these two, not started. */
  make(frontDoor: FrontDoor, hub: Hub): Transport & Lifecycle
  /** What a client of this dialect asks for; header names in lower case. */
  readonly handshake: { readonly path: string; readonly headers: Readonly<Record<string, string>> }
  /** One message of a client, as its bytes on the socket. */
  encode(message: string): Buffer
  /** The messages in all that a server has sent since the handshake began, the answer to it included. */
  decode(bytes: Buffer): string[]
}

/** The contract of transports: core/contracts/transport.ts. */
export function transportContract(harness: TransportHarness): ContractCase[] {
  const started = async (defer: (cleanUp: () => unknown) => void) => {
    const door = new FakeFrontDoor()
    const hub = new FakeHub()
    const transport = harness.make(door, hub)
    defer(() => transport.stop?.())
    await transport.start?.()
    const connect = (): FakeClient => {
      const client = door.connect(harness.handshake.path, harness.handshake.headers)
      defer(() => client.socket.destroy())
      return client
    }
    /** A client that is inside, and the hub's side of it. */
    const enter = async (): Promise<[FakeClient, FakePeer]> => {
      const known = hub.peers.length
      const client = connect()
      await until(() => hub.peers.length > known, 'a client to be admitted')
      return [client, hub.peers[known]!]
    }
    return { hub, transport, connect, enter }
  }
  const isGoneOnce = async (peer: FakePeer): Promise<void> => {
    await until(() => peer.goneCodes.length > 0, 'the hub to be told that the client has gone')
    await new Promise((resolve) => setImmediate(resolve))
    assert.equal(peer.goneCodes.length, 1, 'gone is called exactly once')
  }

  return [
    contractCase('mounts in start, and not before', async (defer) => {
      const door = new FakeFrontDoor()
      const transport = harness.make(door, new FakeHub())
      defer(() => transport.stop?.())
      assert.equal(door.paths.size + door.upgrades.size, 0)
      await transport.start?.()
      assert.ok(door.paths.size + door.upgrades.size > 0)
    }),

    contractCase('completes the handshake, says so, and brings welcome', async (defer) => {
      const { hub, enter } = await started(defer)
      const [client] = await enter()
      await until(() => harness.decode(client.received()).length > 0, 'welcome')
      assert.match(harness.decode(client.received())[0]!, /"welcome"/)
      assert.equal(client.upgrade.done, true)
      assert.equal(hub.requests[0]!.address, '127.0.0.1')
    }),

    contractCase('carries messages both ways, whole and in order', async (defer) => {
      const { enter } = await started(defer)
      const [client, peer] = await enter()
      const sent = [{ n: 1 }, { text: 'ключ🔑' }, { long: 'x'.repeat(5000) }, { n: 4 }].map((message) =>
        JSON.stringify(message),
      )
      const bytes = Buffer.concat(sent.map((message) => harness.encode(message)))
      // Cut where it hurts: in the middle of a message, and of a character.
      for (let at = 0; at < bytes.length; at += 997) client.socket.write(bytes.subarray(at, at + 997))
      await until(() => peer.received.length >= sent.length, 'the messages of the client')
      assert.deepEqual(peer.received, sent)
      peer.connection.write(Buffer.concat(sent.slice(0, 3).map(textFrame)))
      peer.connection.write(textFrame(sent[3]!))
      await until(() => harness.decode(client.received()).length > sent.length, 'the messages of the server')
      assert.deepEqual(harness.decode(client.received()).slice(1), sent)
      assert.ok(peer.connection.queuedBytes >= 0)
    }),

    contractCase('tells the hub once that a client has gone', async (defer) => {
      const { enter } = await started(defer)
      const [client, peer] = await enter()
      client.socket.destroy()
      await isGoneOnce(peer)
    }),

    contractCase('closes a connection when the hub says so', async (defer) => {
      const { enter } = await started(defer)
      const [client, peer] = await enter()
      peer.connection.close(4000, 'E_GOING_AWAY')
      peer.connection.write(textFrame('{"type":"ping"}')) // too late, and harmless
      await until(client.ended, 'the end of the connection')
      client.socket.destroy()
      await isGoneOnce(peer)
    }),

    contractCase('turns away whom the hub refuses', async (defer) => {
      const { hub, connect } = await started(defer)
      hub.refusal = new SignalError('E_AUTH')
      const client = connect()
      await until(() => client.ended() || client.upgrade.refusal !== undefined, 'the refusal')
      assert.equal(hub.peers.length, 0)
    }),

    contractCase('frees the place of a client that left before it was admitted', async (defer) => {
      const { hub, connect } = await started(defer)
      const open = hub.hold()
      const client = connect()
      await until(() => hub.requests.length === 1, 'the hub to be asked')
      client.socket.destroy()
      await until(() => client.socket.destroyed, 'the client to be away')
      await new Promise((resolve) => setTimeout(resolve, 10))
      open()
      await until(() => hub.discarded === 1 || hub.peers[0]?.goneCodes.length === 1, 'the place to be freed')
    }),

    contractCase('ends its connections in stop', async (defer) => {
      const { transport, enter } = await started(defer)
      const inside = [await enter(), await enter()]
      const stopped = transport.stop?.()
      for (const [client] of inside) client.socket.once('end', () => client.socket.end())
      await stopped
      for (const [client, peer] of inside) {
        await until(client.ended, 'the end of the connection')
        await isGoneOnce(peer)
      }
    }),

    ...lifecycleContract({ make: () => harness.make(new FakeFrontDoor(), new FakeHub()) }),
  ]
}
