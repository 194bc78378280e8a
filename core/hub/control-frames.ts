/** The frames that the hub itself writes. Metadata goes in as JSON text, as its peer sent it. */

import { textFrame } from '../egress/text-frame.js'
import type { ErrorCode } from '../errors.js'
import type { Door, HotKindName, Welcome } from '../protocol.js'
import type { Introduced } from '../rooms/room.js'

export const welcomeFrame = (welcome: Omit<Welcome, 'type'>): Buffer =>
  textFrame(JSON.stringify({ type: 'welcome', ...welcome }))

/** To the newcomer. It joined last, so it is polite to all; `id` 0 leaves the field out. */
export function joinedFrame(id: number, room: string, members: readonly Introduced[]): Buffer {
  const peers = members.map((member) => `{"id":"${member.id}","data":${member.data},"polite":true}`)
  return textFrame(`{"type":"joined"${idField(id)},"room":${JSON.stringify(room)},"peers":[${peers}]}`)
}

/**
 * To those who are there: one frame for all to whom the newcomer is polite, as all are who were there before it. On
 * another node somebody may have joined behind it and hear of it only now: those are `polite` themselves.
 */
export const peerJoinedFrame = (room: string, peer: Introduced, polite = false): Buffer =>
  textFrame(
    `{"type":"peer-joined","room":${JSON.stringify(room)},"peer":{"id":"${peer.id}","data":${peer.data},"polite":${polite}}}`,
  )

export const peerUpdatedFrame = (room: string, peer: Introduced): Buffer =>
  textFrame(
    `{"type":"peer-updated","room":${JSON.stringify(room)},"peer":{"id":"${peer.id}","data":${peer.data}}}`,
  )

export const peerLeftFrame = (room: string, id: string): Buffer =>
  textFrame(`{"type":"peer-left","room":${JSON.stringify(room)},"peer":{"id":"${id}"}}`)

/** A relayed message whose payload, JSON text, isn't the one that came in; else the engine makes the frame. */
export const relayedFrame = (kind: HotKindName, room: string, from: string, data: string): Buffer =>
  textFrame(`{"type":"${kind}","room":${JSON.stringify(room)},"from":"${from}","data":${data}}`)

/** To a peer that must be admitted by a moderator. */
export const waitingFrame = (id: number, room: string): Buffer =>
  textFrame(`{"type":"waiting"${idField(id)},"room":${JSON.stringify(room)}}`)

/** To a peer that waited, and wasn't admitted; `id` is that of its join. */
export const deniedFrame = (id: number, room: string, code: ErrorCode, message: string): Buffer =>
  textFrame(
    `{"type":"denied"${idField(id)},"room":${JSON.stringify(room)},"code":"${code}","message":${JSON.stringify(message)}}`,
  )

/** To moderators: somebody waits. */
export const knockFrame = (room: string, peer: Introduced): Buffer =>
  textFrame(`{"type":"knock","room":${JSON.stringify(room)},"peer":{"id":"${peer.id}","data":${peer.data}}}`)

/** To moderators: somebody waits no longer, for whatever reason. */
export const knockEndedFrame = (room: string, id: string): Buffer =>
  textFrame(`{"type":"knock-ended","room":${JSON.stringify(room)},"peer":{"id":"${id}"}}`)

/** To members: how the room's door stands now. */
export const doorFrame = (room: string, door: Door): Buffer =>
  textFrame(`{"type":"door","room":${JSON.stringify(room)},"door":"${door}"}`)

/** To a peer that was removed from a room. */
export const kickedFrame = (room: string, reason: string): Buffer =>
  textFrame(`{"type":"kicked","room":${JSON.stringify(room)},"reason":${JSON.stringify(reason)}}`)

export const ackFrame = (id: number): Buffer => textFrame(`{"type":"ack","id":${id}}`)

export function errorFrame(id: number, code: ErrorCode, message: string, retryAfterMs?: number): Buffer {
  const retry = retryAfterMs === undefined ? '' : `,"retryAfterMs":${Math.ceil(retryAfterMs)}`
  return textFrame(
    `{"type":"error"${idField(id)},"code":"${code}","message":${JSON.stringify(message)}${retry}}`,
  )
}

/**
 * `keeps` says that the client's ticket holds; otherwise it hears that its session ends with the server. `url` is where
 * to go instead, if that is another address.
 */
export const goawayFrame = (reason: string, afterMs: number, keeps: boolean, url?: string): Buffer => {
  const fields = {
    reason,
    afterMs,
    ...(url === undefined ? {} : { url }),
    ...(keeps ? {} : { ticket: null }),
  }
  return textFrame(JSON.stringify({ type: 'goaway', ...fields }))
}

/** One for every client, for ever. */
export const PING_FRAME: Buffer = textFrame('{"type":"ping"}')

const idField = (id: number): string => (id === 0 ? '' : `,"id":${id}`)
