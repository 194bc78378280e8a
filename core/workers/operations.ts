/** What operators see and do where several workers serve: one admin listener that speaks for all of them. */

import type { AdminListener } from '../admin.js'
import { SignalError } from '../errors.js'
import { firstLine } from '../first-line.js'
import type { AdminPage } from '../tokens.js'
import { type Asked, ask, post } from './ask.js'
import { mergeExpositions } from './exposition.js'

/** Prometheus' text format, as its content type begins. */
const EXPOSITION = 'text/plain; version='

/** A worker, as operators name it (`w0`). Undefined: it isn't there, or stands still. */
export interface Reachable {
  readonly id: string
  readonly asked: Asked | undefined
}

export interface Everybody {
  /** Those who should be there, in their order. */
  workers(): readonly Reachable[]
  /** All that drain is told to, and those who come later. */
  drain(): void
  /** The primary's own metrics, in Prometheus' text format. */
  metrics(): string
}

/**
 * Mounts health, what can be done (`actions`), and the pages that the workers' observers serve: metrics of all as one
 * page, any other of the first worker, or of the one that `?worker=1` names.
 */
export function mountOperations(admin: AdminListener, everybody: Everybody, paths: readonly string[]): void {
  admin.mount('/healthz', () => ({ contentType: 'text/plain', body: 'ok\n' }))
  admin.mount('/readyz', () => readiness(everybody.workers()))
  for (const path of paths) admin.mount(path, (query) => page(everybody, path, query))
  for (const path of ['/kick', '/revoke']) {
    admin.mountAction(path, async (body) =>
      sumOf(await settled(there(everybody).map(({ asked }) => post(asked, path, body)))),
    )
  }
  admin.mountAction('/drain', () => {
    everybody.drain()
    return { draining: true }
  })
}

/** Ready when everybody is; else who isn't, and what it says. */
async function readiness(workers: readonly Reachable[]): Promise<AdminPage> {
  const lines = await Promise.all(
    workers.map(async ({ id, asked }) => {
      if (asked === undefined) return `${id}: not there\n`
      try {
        const { status, body } = await ask(asked, '/readyz')
        return status === 200 ? '' : `${id}: ${body}`
      } catch (error) {
        return `${id}: ${firstLine(error)}\n`
      }
    }),
  )
  const complaints = lines.join('')
  return complaints === ''
    ? { contentType: 'text/plain', body: 'ready\n' }
    : { status: 503, contentType: 'text/plain', body: complaints }
}

async function page(everybody: Everybody, path: string, query: URLSearchParams): Promise<AdminPage> {
  const named = query.get('worker')
  const workers = there(everybody)
  const first = named === null ? workers[0] : workers.find(({ id }) => id === named || id === `w${named}`)
  if (first === undefined) throw new SignalError('E_PATH', 'there is no such worker now')
  const answer = await ask(first.asked, path)
  if (named !== null || !answer.contentType.startsWith(EXPOSITION)) return answer
  const others = workers.filter((worker) => worker !== first)
  const pages = await Promise.all(
    others.map(async ({ id, asked }) => {
      const found = await ask(asked, path).catch(() => undefined)
      return found?.status === 200 ? [[id, found.body] as const] : []
    }),
  )
  const body = mergeExpositions('worker', [[first.id, answer.body], ...pages.flat()])
  return { ...answer, body: `${body}\n${everybody.metrics()}` }
}

const there = (everybody: Everybody): { id: string; asked: Asked }[] =>
  everybody.workers().flatMap(({ id, asked }) => (asked === undefined ? [] : [{ id, asked }]))

/** What was answered; a worker that is gone meanwhile answers nothing. Throws what a worker objects to. */
async function settled(answers: readonly Promise<object>[]): Promise<object[]> {
  const found = await Promise.allSettled(answers)
  return found.flatMap((one) => {
    if (one.status === 'fulfilled') return [one.value]
    if (one.reason instanceof SignalError) throw one.reason
    return []
  })
}

/** One answer of several: numbers are added, anything else is as the first says. */
function sumOf(answers: readonly object[]): object {
  const sum: Record<string, unknown> = {}
  for (const answer of answers) {
    for (const [key, value] of Object.entries(answer)) {
      const before = sum[key]
      if (typeof value === 'number' && typeof before === 'number') sum[key] = before + value
      else sum[key] ??= value
    }
  }
  return sum
}
