/** Who is measured: a dialect, and how its server is started. */

import { fileURLToPath } from 'node:url'
import type { EngineName } from '../../core/engine/engine.js'
import { compile } from './compile.js'
import type { DialectName } from './dialects.js'
import type { Program } from './server.js'

export interface Variant {
  readonly name: string
  readonly dialect: DialectName
  /** Throws in one line when the server can't be had. */
  program(): Program
}

const ours = (name: string) => fileURLToPath(new URL(name, import.meta.url))
const PEERS = new URL('../../../bench/peers/', import.meta.url)
const peer = (name: string, ...args: string[]): Program => ({
  node: fileURLToPath(new URL(name, PEERS)),
  args,
})

export const signalbox = (engine: EngineName): Variant => ({
  name: `signalbox-${engine}`,
  dialect: 'signalbox',
  program: () => ({ node: ours('./signalbox-server.js'), args: [engine] }),
})

/** Other people's servers, as their friends would run them. Their packages must be installed (peers.ts). */
export const PEER_VARIANTS: readonly Variant[] = [
  { name: 'ws-naive', dialect: 'ws', program: () => peer('ws-server.mjs') },
  { name: 'ws-once', dialect: 'ws', program: () => peer('ws-server.mjs', 'once') },
  { name: 'socket.io', dialect: 'socket.io', program: () => peer('socket.io.mjs') },
  { name: 'peer', dialect: 'peer', program: () => peer('peer.mjs') },
  { name: 'protoo', dialect: 'protoo', program: () => peer('protoo.mjs') },
  { name: 'y-webrtc', dialect: 'y-webrtc', program: () => peer('y-webrtc.mjs') },
]

/** What any server can hope for: nothing is read, nothing is checked. */
export const CEILING_VARIANTS: readonly Variant[] = [
  { name: 'node-relay', dialect: 'relay', program: () => peer('node-relay.mjs') },
  { name: 'c-relay', dialect: 'relay', program: () => ({ executable: compile('relay') }) },
  {
    name: 'c-relay-batched',
    dialect: 'relay',
    program: () => ({ executable: compile('relay'), args: ['batched'] }),
  },
]
