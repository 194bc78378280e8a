/**
 * What a client of the fault lab writes down, and all that the checker ever sees. Times are milliseconds of one clock:
 * all clients of a run live in one process. Of payloads only a mark is kept: who sent it, with which id, and a digest.
 */

import { createHash } from 'node:crypto'

/** Kinds that carry a mark and go to everyone else in the room. */
export type BroadcastKind = 'publish' | 'update'
/** Kinds that carry a mark and go to one peer. */
export type DirectKind = 'offer' | 'answer' | 'candidate' | 'signal'

export type Sent =
  | { readonly kind: 'join'; readonly room: string; readonly mark: string }
  | { readonly kind: 'leave'; readonly room: string }
  | { readonly kind: BroadcastKind; readonly room: string; readonly mark: string }
  | { readonly kind: DirectKind; readonly room: string; readonly to: string; readonly mark: string }

/** A counted frame. `from` is whom it is about; `mark` is that of its data, or of the peer's metadata. */
export type Counted =
  | {
      readonly kind: 'joined'
      readonly room: string
      readonly id: number
      readonly members: readonly Member[]
    }
  | { readonly kind: 'peer-joined'; readonly room: string; readonly from: string; readonly mark: string }
  | { readonly kind: 'peer-left'; readonly room: string; readonly from: string }
  | {
      readonly kind: BroadcastKind | DirectKind
      readonly room: string
      readonly from: string
      readonly mark: string
    }

export interface Member {
  readonly peer: string
  readonly mark: string
}

export type Entry = { readonly at: number } & (
  | {
      readonly what: 'welcome'
      readonly peer: string
      readonly resumed: boolean
      readonly lastId: number
      /** The process that answered; '' where there is only one. */
      readonly node: string
    }
  /** A message was taken from the app; it may reach a socket later, and more than once. */
  | { readonly what: 'sent'; readonly id: number; readonly message: Sent }
  /** Everything up to `id` is dealt with; `resume`: `welcome` said so, and not an `ack` in its place. */
  | { readonly what: 'acked'; readonly id: number; readonly resume: boolean }
  | { readonly what: 'refused'; readonly id: number; readonly code: string }
  | { readonly what: 'received'; readonly frame: Counted }
  /** The client ended the session on purpose, and doesn't listen any more. */
  | { readonly what: 'ended' }
)

/** What the lab did to a cluster: as long as it lasted, nodes may have been out of each other's reach. */
export interface Outage {
  /** Milliseconds of the clock of the logs; what nodes need to notice and to mend it is part of it. */
  readonly from: number
  readonly until: number
  /** Only these may have been out of reach of the others; undefined: anyone of anyone. */
  readonly nodes?: ReadonlySet<string>
}

/** One client's log: the sessions that it had, one after the other. */
export interface Log {
  readonly client: string
  readonly entries: readonly Entry[]
}

/** What a payload is recognised by: sender, id, and a digest of what comes after them. */
export const markOf = (data: string): string => {
  const [peer = '', id = ''] = data.split(' ', 2)
  const rest = data.slice(peer.length + id.length + 2)
  return `${peer} ${id} ${rest.length <= 16 ? rest : createHash('md5').update(rest).digest('base64url')}`
}

/** Whom and which message a mark names. */
export function readMark(mark: string): { readonly peer: string; readonly id: number } {
  const [peer = '', id = ''] = mark.split(' ', 2)
  return { peer, id: Number(id) }
}

/** The same logs as if nobody had been there but those who wrote them. */
export function withoutStrangers(logs: readonly Log[]): Log[] {
  const known = new Set(
    logs.flatMap(({ entries }) => entries.flatMap((one) => (one.what === 'welcome' ? [one.peer] : []))),
  )
  return logs.map(({ client, entries }) => ({
    client,
    entries: entries.flatMap((entry): Entry[] => {
      if (entry.what !== 'received') return [entry]
      const { frame } = entry
      if (frame.kind !== 'joined') return known.has(frame.from) ? [entry] : []
      const members = frame.members.filter(({ peer }) => known.has(peer))
      return [{ ...entry, frame: { ...frame, members } }]
    }),
  }))
}
