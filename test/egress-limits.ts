import type { EgressLimits } from '../core/egress/egress.js'

/** The config's defaults; `limits` in their place. */
export const egressLimits = (limits: Partial<EgressLimits> = {}): EgressLimits => ({
  queuedBytes: 256 * 1024,
  replayFrames: 1000,
  replayBytes: 1024 * 1024,
  replayLogBytes: 32 * 1024 * 1024,
  ...limits,
})
