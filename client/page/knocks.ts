/** Who waits to be let in, for moderators: a line for each, to say yes or no. */

import type { PeerInfo, Room, SignalboxError } from '../index.js'
import { announce } from './announce.js'
import { box } from './dom.js'
import { callProblem } from './messages.js'
import { profileOf } from './profile.js'

/** Follows the knocks at a room's door. Returns the function that takes the lines away. */
export function showKnocks(room: Room): () => void {
  const list = box('knocks')
  const lines = new Map<string, HTMLElement>()
  room.on('knock', (peer) => {
    const name = profileOf(peer.data).name
    announce(`${name} waits to be let in`)
    const line = lineOf(room, peer, name)
    lines.set(peer.id, line)
    list.append(line)
    list.hidden = false
  })
  room.on('knock-ended', ({ id }) => {
    lines.get(id)?.remove()
    lines.delete(id)
    list.hidden = lines.size === 0
  })
  return () => {
    list.replaceChildren()
    list.hidden = true
  }
}

function lineOf({ moderation }: Room, { id }: PeerInfo, name: string): HTMLElement {
  const line = document.createElement('li')
  const who = document.createElement('span')
  who.textContent = name
  const failed = (error: SignalboxError) => announce(callProblem(error))
  line.append(
    who,
    choice('Admit', name, () => void moderation.admit(id).catch(failed)),
    choice('Deny', name, () => void moderation.deny(id).catch(failed)),
  )
  return line
}

function choice(label: string, name: string, act: () => void): HTMLButtonElement {
  const button = document.createElement('button')
  button.type = 'button'
  button.className = 'quiet'
  button.textContent = label
  button.setAttribute('aria-label', `${label} ${name}`)
  button.addEventListener('click', act)
  return button
}
