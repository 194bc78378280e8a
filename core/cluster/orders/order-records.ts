/** Orders of operators as nodes tell each other: docs/reference/cluster.md, "Orders". */

import type { Target } from '../../http/operations.js'
import { RecordReader } from '../wire/record-reader.js'
import { RecordWriter } from '../wire/record-writer.js'
import { BadRecord } from '../wire/records.js'

interface Kick {
  readonly type: 'kick'
  /** 96 random bits, as base64url: the same order comes over many links. */
  readonly id: string
  readonly target: Target
  readonly reason: string
}

export interface Revocation {
  readonly type: 'revoke'
  readonly id: string
  readonly principal: string
  /** Of two about a principal the later one counts; of two at once, the one of the larger id. */
  readonly stamp: number
  /** For how long it holds, or its end is remembered, from now on, milliseconds. */
  readonly leftMs: number
  /** The principal may come in again. */
  readonly isLifted: boolean
  readonly reason: string
}

export type Order = Kick | Revocation

const PEER = 0
const PRINCIPAL = 1
const REVOKED = 2
const LIFTED = 3

export function writeOrder(order: Order): Buffer {
  const to = new RecordWriter().base64url(order.id)
  if (order.type === 'revoke') {
    to.u8(order.isLifted ? LIFTED : REVOKED)
      .u48(order.stamp)
      .u48(Math.ceil(order.leftMs))
      .text16(order.principal)
  } else if ('peer' in order.target) to.u8(PEER).text16(order.target.peer)
  else to.u8(PRINCIPAL).text16(order.target.principal)
  return to.text16(order.reason).written
}

/** Throws `BadRecord`. */
export function readOrder(body: Buffer): Order {
  const from = new RecordReader(body)
  const id = from.base64url(12)
  const order = readRest(from, id)
  from.end()
  return order
}

function readRest(from: RecordReader, id: string): Order {
  const what = from.u8()
  const text = () => from.text(from.u16())
  switch (what) {
    case PEER:
      return { type: 'kick', id, target: { peer: text() }, reason: text() }
    case PRINCIPAL:
      return { type: 'kick', id, target: { principal: text() }, reason: text() }
    case REVOKED:
    case LIFTED: {
      const stamp = from.u48()
      const leftMs = from.u48()
      return {
        type: 'revoke',
        id,
        stamp,
        leftMs,
        isLifted: what === LIFTED,
        principal: text(),
        reason: text(),
      }
    }
    default:
      throw new BadRecord(`an order of the unknown kind ${what}`)
  }
}
