import { isUtf8 } from 'node:buffer'
import type {
  Admission,
  Connection,
  ConnectRequest,
  Hub,
  Peer,
} from '../../../../core/contracts/transport.js'
import type { FrameReader } from '../../../../core/engine/frame-reader.js'
import { WasmEngine } from '../../../../core/engine/wasm.js'

/** The same hub, with the frame reader of a real engine. */
export function withFrames<H extends Hub>(hub: H): H & { readonly frames: FrameReader } {
  const { frames } = new WasmEngine()
  const admit = hub.admit.bind(hub)
  const receiveFrame = (peer: Peer) => (): boolean => {
    const { payload } = frames
    if (!isUtf8(payload)) return false
    peer.receive(payload)
    return true
  }
  return Object.assign(hub, {
    frames,
    async admit(request: ConnectRequest): Promise<Admission> {
      const { attach, discard } = await admit(request)
      return {
        discard,
        attach(connection: Connection) {
          const peer = attach(connection)
          return Object.assign(peer, { receiveFrame: receiveFrame(peer) })
        },
      }
    },
  })
}
