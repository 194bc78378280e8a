import type { Accuse, SentRecord, Session, Stay } from './history.js'
import type { Sights } from './sights.js'

/** What is no fault, since those whom it concerns were told. */
export const EXCUSES = [
  /** A direct message met its receiver's leaving on the way to another node. */
  'crossed',
  /** A member is said to have left who was out of reach, and has not. */
  'cut off',
  /** A message that was dealt with never came: the sender was told that the receiver had left, or the other way round. */
  'missed',
  /** A message came though it was refused: its sender was told that the receiver had left, and couldn't know more. */
  'in doubt',
] as const
export type ExcuseKind = (typeof EXCUSES)[number]

/** What the checker goes by, and whom it tells. */
export interface Case {
  readonly sessions: ReadonlyMap<string, Session>
  readonly stays: ReadonlyMap<SentRecord, Stay>
  readonly sights: Sights
  readonly accuse: Accuse
  /** Counts what would be a fault if nobody had been told. */
  readonly excuse: (kind: ExcuseKind) => void
}
