/** From a load and a dialect to the plan that the load client reads (plan.h). */

import { DIALECTS, type Dialect, type DialectName, type Phrase, type Step } from './dialects.js'
import type { Load, Send } from './loads.js'
import { payload } from './payloads.js'

export interface Times {
  readonly warmSeconds: number
  readonly measureSeconds: number
}

/** How long all must be silent before the first message, where the load doesn't say. */
const SETTLE_SECONDS = 0.1

/** The members of a room connect to the ports in turn. Undefined when the dialect can't say what the load says. */
export function plan(
  load: Load,
  name: DialectName,
  ports: readonly number[],
  times: Times,
): string | undefined {
  const dialect = DIALECTS[name]
  const templates: { readonly key: string; readonly phrase: Phrase; readonly send: Send }[] = []
  const indexOf = (send: Send): number => {
    const key = `${send.say} ${send.size}`
    const known = templates.findIndex((template) => template.key === key)
    if (known >= 0) return known
    const phrase = dialect.phrase(send.say, load.members)
    return phrase === undefined ? -1 : templates.push({ key, phrase, send }) - 1
  }
  const steps = load.script.map((step) =>
    step.flatMap((send) => [send.by, indexOf(send), send.times ?? 1].map(String)),
  )
  if (load.script.flat().some((send) => indexOf(send) === -1)) return undefined
  const { connections = 0, rooms: idleRooms = 0 } = load.idle ?? {}
  const idle = idleSetUp(dialect, idleRooms)
  if (idle === undefined) return undefined
  return [
    ['port', ...ports],
    ['path', dialect.path],
    ['idlepath', dialect.idlePath],
    ['self', dialect.self],
    ...(dialect.headers ?? []).map((header) => ['header', header]),
    ...(dialect.acks === undefined
      ? []
      : [['ack', dialect.acks.every, dialect.acks.uncounted, ...dialect.acks.around]]),
    ...dialect.enter.map((step) => ['setup', ...step]),
    ...idle.map((step) => ['idlesetup', ...step]),
    ['rooms', load.rooms],
    ['members', load.members],
    ['window', load.window],
    ['hop', load.hop ? 1 : 0],
    ['idle', connections],
    ['rate', load.perSecond ?? 0],
    ['settle', load.settleSeconds ?? SETTLE_SECONDS],
    ['warm', times.warmSeconds],
    ['measure', times.measureSeconds],
    ...templates.map(({ phrase, send }, index) => [
      'template',
      ...[phrase.tail, phrase.others ?? 0, phrase.echo ? 1 : 0],
      payload(send.size, index),
      ...phrase.frames,
    ]),
    ...steps.map((step) => ['step', ...step]),
    ['end'],
  ]
    .map((words) => `${words.map((word) => escaped(String(word))).join('\t')}\n`)
    .join('')
}

/** A connection that joins rooms of its own besides doing nothing. */
function idleSetUp(dialect: Dialect, rooms: number): readonly Step[] | undefined {
  if (rooms > 0 && dialect.join === undefined) return undefined
  return [...dialect.idle, ...Array.from({ length: rooms }, (_, k) => dialect.join!(`of-%N-${k}`)).flat()]
}

const ESCAPES: Readonly<Record<string, string>> = { '\\': '\\\\', '\n': '\\n', '\r': '\\r', '\t': '\\t' }
const escaped = (word: string) => word.replace(/[\\\n\r\t]/g, (character) => ESCAPES[character]!)
