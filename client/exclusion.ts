import type { ServerMessage } from '../core/protocol.js'
import { SignalboxError } from './errors.js'

/** Why we are out of a room: nobody let us in, or somebody removed us. It isn't joined again by itself. */
export type Exclusion = Extract<ServerMessage, { type: 'denied' | 'kicked' }>

export function errorOfExclusion(message: Exclusion): SignalboxError {
  return message.type === 'denied'
    ? new SignalboxError(message.code, message.message)
    : new SignalboxError('E_KICKED', message.reason)
}
