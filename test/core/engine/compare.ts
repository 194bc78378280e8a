/** What an engine says about a message, as text that can be compared. */

import { type Engine, FRAME_SLACK } from '../../../core/engine/engine.js'
import { ERRORS } from '../../../core/errors.js'
import { FIRST_HOT_KIND, KINDS } from '../../../core/protocol.js'

type Judge = Omit<Engine, 'name'>

/** The frame of the message that was judged last. What lies around it is watched: nothing but the slack may change. */
export function frameOf(engine: Pick<Engine, 'frameBytes' | 'writeFrame'>): Buffer {
  const { frameBytes } = engine
  const target = Buffer.alloc(CANARY + frameBytes + FRAME_SLACK + CANARY, CANARY_BYTE)
  engine.writeFrame(target, CANARY)
  const around = [target.subarray(0, CANARY), target.subarray(CANARY + frameBytes + FRAME_SLACK)]
  if (around.some((bytes) => bytes.some((byte) => byte !== CANARY_BYTE))) throw new Error('it wrote outside')
  return target.subarray(CANARY, CANARY + frameBytes)
}

const CANARY = 16
const CANARY_BYTE = 0xa5

/** Everything that the contract defines for this verdict, and nothing that it leaves open. */
export function describe(engine: Judge, verdict: number): string {
  if (verdict < 0) {
    const field = verdict === ERRORS.E_FIELD.verdict ? ` field ${engine.field}` : ''
    return `${verdict} id ${engine.id}${field}`
  }
  let text = `${verdict} id ${engine.id} data ${engine.dataStart}..${engine.dataEnd}`
  if (verdict === KINDS.ack) return `${text} seen ${engine.seen}`
  if (verdict === KINDS.bye || verdict === KINDS.auth) return `${text} ${engine.dataText}`
  text += ` room ${JSON.stringify(engine.roomName)}`
  if (verdict < FIRST_HOT_KIND) return `${text} ${engine.dataText}`
  const recipients = engine.recipients.subarray(0, engine.recipientCount)
  if (verdict !== KINDS.publish) text += ` to ${engine.to}`
  return `${text} number ${engine.room} for ${recipients.join()} frame ${frameOf(engine).toString('latin1')}`
}

export interface Judgement {
  /** The verdict of the first engine. */
  readonly verdict: number
  /** What each engine says, where they don't say the same. */
  readonly difference: string | undefined
}

/** Lets every engine judge a message. */
export function compare(engines: ReadonlyMap<string, Judge>, sender: number, message: Uint8Array): Judgement {
  let verdict: number | undefined
  const said = [...engines].map(([name, engine]) => {
    const own = engine.ingest(sender, message)
    verdict ??= own
    return { name, text: describe(engine, own) }
  })
  const agreed = said.every(({ text }) => text === said[0]!.text)
  const difference = agreed ? undefined : said.map(({ name, text }) => `${name.padEnd(8)}${text}`).join('\n')
  return { verdict: verdict!, difference }
}

/** A smaller message, made by cutting, on which they still differ. At most `tries` attempts. */
export function shrink(
  engines: ReadonlyMap<string, Judge>,
  sender: number,
  message: Uint8Array,
  tries = 20_000,
): Uint8Array {
  let smallest = message
  let left = tries
  for (let cut = Math.max(1, smallest.length >> 1); cut > 0 && left > 0; ) {
    let shrunk = false
    for (let at = 0; at + cut <= smallest.length && left > 0; left--) {
      const shorter = Buffer.concat([smallest.subarray(0, at), smallest.subarray(at + cut)])
      if (compare(engines, sender, shorter).difference === undefined) {
        at += cut
      } else {
        smallest = shorter
        shrunk = true
      }
    }
    if (!shrunk || cut > smallest.length) cut >>= 1
  }
  return smallest
}
