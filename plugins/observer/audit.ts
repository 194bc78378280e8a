/** Writes who came, joined, was refused, kicked or banned, and why: one JSON object a line. */

import { isAbsolute } from 'node:path'
import {
  CLOCK,
  type Clock,
  definePlugin,
  ERRORS,
  type HubEvent,
  inject,
  injectable,
  type Lifecycle,
  LOGGER,
  type Logger,
  type Observer,
  OPTIONS,
  type Static,
  Type,
} from '../../core/api.js'
import { LineFile } from './audit/line-file.js'
import { LineQueue } from './audit/line-queue.js'
import { StandardOutput } from './audit/standard-output.js'

const options = Type.Object({
  file: Type.Optional(
    Type.String({ minLength: 1, description: 'absolute path of the file; absent: standard output' }),
  ),
  maxBytes: Type.Integer({
    minimum: 1024,
    default: 64 * 1024 * 1024,
    description: 'a file that would become larger is put aside as `<file>.1`',
  }),
  keep: Type.Integer({
    minimum: 1,
    maximum: 100,
    default: 5,
    description: 'files that are put aside at most',
  }),
})

/** What may wait for a slow disk. */
const QUEUE_BYTES = 4 * 1024 * 1024
/** Longest text of a field: what people write, such as the reason of a kick. */
const TEXT_LENGTH = 256
/** The fields of events that are written, in this order; whatever else an event holds stays out of the log. */
const FIELDS = [
  'peer',
  'principal',
  'address',
  'room',
  'code',
  'action',
  'by',
  'kind',
  'name',
  'forMs',
  'reason',
  'why',
] as const

/** What the codes of the server say beside a bare close code. */
const WHY: ReadonlyMap<unknown, string> = new Map(
  Object.entries(ERRORS).flatMap(([code, { close }]) => (close === undefined ? [] : [[close, code]])),
)

interface Target {
  open(): Promise<void>
  append(text: string): Promise<void>
  close(): Promise<void>
}

@injectable()
class Audit implements Observer, Lifecycle {
  readonly #clock: Clock
  readonly #target: Target
  readonly #lines: LineQueue
  #isStopped = false

  constructor(
    @inject(OPTIONS) { file, maxBytes, keep }: Static<typeof options>,
    @inject(CLOCK) clock: Clock,
    @inject(LOGGER) logger: Logger,
  ) {
    if (file !== undefined && !isAbsolute(file)) throw new Error('file: must be an absolute path')
    this.#clock = clock
    this.#target = file === undefined ? new StandardOutput() : new LineFile(file, maxBytes, keep)
    this.#lines = new LineQueue(this.#target, QUEUE_BYTES, {
      dropped: (lines) => this.#line('dropped', { lines }),
      failed: (error) => logger.error({ err: error }, 'the audit log could not be written'),
    })
  }

  async start(): Promise<void> {
    await this.#target.open()
  }

  async stop(): Promise<void> {
    this.#isStopped = true
    await this.#lines.flushed()
    await this.#target.close()
  }

  /** Call quality is no business of this log. */
  observe(event: HubEvent): void {
    if (this.#isStopped || event.type === 'stats') return
    const given = event as Partial<Record<string, unknown>>
    const fields: Record<string, unknown> = {}
    for (const name of FIELDS) {
      const value = given[name]
      if (value !== undefined) fields[name] = typeof value === 'string' ? value.slice(0, TEXT_LENGTH) : value
    }
    if (WHY.has(fields.code)) fields.why = WHY.get(fields.code)
    this.#lines.write(this.#line(event.type, fields))
  }

  #line(event: string, fields: object): string {
    return JSON.stringify({ time: new Date(this.#clock.now()).toISOString(), event, ...fields })
  }
}

export default definePlugin({
  kind: 'observer',
  name: 'audit',
  description: 'Writes who came, joined, was refused, kicked or banned, and why, as JSON lines.',
  options,
  useClass: Audit,
})
