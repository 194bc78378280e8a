/** Who is measured: a dialect, and how its server is started. */

import { fileURLToPath } from 'node:url'
import type { EngineName } from '../../core/engine/engine.js'
import { compile } from './compile.js'
import type { DialectName } from './dialects.js'
import { type Program, type Server, startServer } from './server.js'

export interface Variant {
  readonly name: string
  readonly dialect: DialectName
  /** Resolves when it listens; rejects with one line when it can't be had. */
  start(): Promise<Server>
}

const ours = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const PEERS = new URL('../../../bench/peers/', import.meta.url)
export const peer = (name: string, ...args: string[]): Program => ({
  node: fileURLToPath(new URL(name, PEERS)),
  args,
})

const one = (name: string, dialect: DialectName, program: () => Program): Variant => ({
  name,
  dialect,
  start: async () => startServer(program()),
})

export const signalbox = (engine: EngineName): Variant =>
  one(`signalbox-${engine}`, 'signalbox', () => ({ node: ours('./signalbox-server.js'), args: [engine] }))

/** Other people's servers, as their friends would run them. Their packages must be installed (peers.ts). */
export const PEER_VARIANTS: readonly Variant[] = [
  one('ws-naive', 'ws', () => peer('ws-server.mjs')),
  one('ws-once', 'ws', () => peer('ws-server.mjs', 'once')),
  one('socket.io', 'socket.io', () => peer('socket.io.mjs')),
  one('peer', 'peer', () => peer('peer.mjs')),
  one('protoo', 'protoo', () => peer('protoo.mjs')),
  one('y-webrtc', 'y-webrtc', () => peer('y-webrtc.mjs')),
]

/** What any server can hope for: nothing is read, nothing is checked. */
export const CEILING_VARIANTS: readonly Variant[] = [
  one('node-relay', 'relay', () => peer('node-relay.mjs')),
  one('c-relay', 'relay', () => ({ executable: compile('relay') })),
  one('c-relay-batched', 'relay', () => ({ executable: compile('relay'), args: ['batched'] })),
]
