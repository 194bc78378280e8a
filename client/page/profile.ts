/** What the people of a call tell each other about themselves: the metadata of a peer, written by strangers. */

import type { Json } from '../../core/protocol.js'

export interface Profile {
  readonly name: string
  readonly muted: boolean
  readonly camera: boolean
  /** The id of the stream that shows a screen; null: none is shared. */
  readonly screen: string | null
}

/** Reads metadata, whatever it turns out to be. */
export function profileOf(data: Json): Profile {
  const given = data !== null && typeof data === 'object' ? (data as Record<string, Json | undefined>) : {}
  const name = typeof given.name === 'string' ? given.name.trim().slice(0, 40) : ''
  return {
    name: name || 'Somebody',
    muted: given.muted === true,
    camera: given.camera === true,
    screen: typeof given.screen === 'string' ? given.screen : null,
  }
}
