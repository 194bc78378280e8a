import type { Limits } from '../config/schema.js'
import { welcomeFrame } from '../hub/control-frames.js'
import { type IceServer, LIMITS } from '../protocol.js'
import type { Session } from './session.js'

export interface WelcomeTerms {
  /** Null when the session can't be resumed. */
  readonly ticket: string | null
  readonly resumed: boolean
  readonly iceServers: readonly IceServer[]
}

/** The frame that a socket begins with: whose it is, and what this server allows. */
export function welcome({ id, ackedId }: Session, terms: WelcomeTerms, limits: Limits): Buffer {
  const { ticket, resumed, iceServers } = terms
  const { metadataBytes, roomsPerPeer, membersPerRoom, pingMs, resumeMs } = limits
  const { messageBytes, roomBytes } = LIMITS
  return welcomeFrame({
    peer: id,
    session: { ticket, windowMs: resumeMs, resumed, lastId: ackedId },
    pingMs,
    limits: { messageBytes, metadataBytes, roomBytes, roomsPerPeer, membersPerRoom },
    iceServers,
  })
}
