/** What went wrong, in sentences that say what to do about it. */

import type { SignalboxError } from '../errors.js'

type Device = 'camera' | 'microphone' | 'screen'

/** Why a device can't be had; undefined when the person simply changed their mind. */
export function deviceProblem(device: Device, error: unknown): string | undefined {
  const name = (error as { name?: string }).name
  if (!isSecureContext) {
    return 'Browsers give camera and microphone to secure pages only. Open this page with https:// or on localhost.'
  }
  // A cancelled choice of a screen is reported as a refusal.
  if (device === 'screen' && name === 'NotAllowedError') return undefined
  switch (name) {
    case 'NotAllowedError':
      return `This page may not use your ${device}. Allow it in the site settings next to the address, then turn it on again. You can join without.`
    case 'NotFoundError':
    case 'OverconstrainedError':
      return `No ${device} was found. Plug one in and choose it under Devices, or join without.`
    case 'NotReadableError':
    case 'AbortError':
      return `Your ${device} is busy or not working. Close other programs that use it, then turn it on again.`
    case 'TypeError':
    case 'NotSupportedError':
      return `This browser offers no ${device} here.`
    default:
      return `Your ${device} could not be started.`
  }
}

/** Why we are not, or no longer, in the room. */
export function callProblem({ code, message }: SignalboxError): string {
  switch (code) {
    case 'E_AUTH':
      return 'This server wants an access token, and none or a wrong one was given.'
    case 'E_EXPIRED':
      return 'Your access token has expired. Ask for a new one.'
    case 'E_UNREACHABLE':
    case 'E_DISCONNECTED':
      return 'The server can’t be reached. Check your network and try again.'
    case 'E_FORBIDDEN':
      return 'You may not enter this room.'
    case 'E_ROOM_FULL':
      return 'This room is full. Try again when somebody has left.'
    case 'E_LOCKED':
      return 'This room is locked: nobody comes in just now.'
    case 'E_NOT_ADMITTED':
      return 'You were not let in.'
    case 'E_DUPLICATE':
      return 'You are in this room already, in another window or on another device.'
    case 'E_KICKED':
      return `You were removed from the call: ${message}.`
    case 'E_ROOM_NAME':
      return 'This name won’t do for a room: use up to 60 letters, digits and dashes.'
    case 'E_BUSY':
    case 'E_TIMEOUT':
    case 'E_RATE':
      return 'The server is very busy. Try again in a moment.'
    default:
      return `It didn’t work: ${message}.`
  }
}

/** What to write over a peer's picture; undefined while all is well. */
export function peerProblem(name: string, state: RTCPeerConnectionState): string | undefined {
  switch (state) {
    case 'connecting':
      return 'Connecting…'
    case 'disconnected':
      return 'The connection is unsteady…'
    case 'failed':
      return `${name} can’t be reached from your network. Trying again…`
    default:
      return undefined
  }
}
