/** What operators see and do where several workers serve: one admin listener that speaks for all of them. */

import { SignalError } from '../errors.js'
import { firstLine } from '../first-line.js'
import type { AdminListener } from '../http/admin.js'
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
  /** Drains those who are there, and those who come later. */
  drain(): void
  /** The primary's own metrics, in Prometheus' text format. */
  metrics(): string
}

/**
 * Mounts health, what operators can do, and the pages that the workers' observers serve: metrics of all as one page, any
 * other of the first worker, or of the one that `?worker=1` names.
 */
export function mountOperations(admin: AdminListener, everybody: Everybody, paths: readonly string[]): void {
  admin.mount('/healthz', () => ({ contentType: 'text/plain', body: 'ok\n' }))
  admin.mount('/readyz', () => readiness(everybody.workers()))
  for (const path of paths) admin.mount(path, (query) => page(everybody, path, query))
  for (const path of ['/kick', '/revoke']) admin.mountAction(path, (body) => order(everybody, path, body))
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

/** One worker tells all others, those of other machines too; the next one is asked when it can't be reached. */
async function order(everybody: Everybody, path: string, body: unknown): Promise<object> {
  for (const { asked } of there(everybody)) {
    try {
      return await post(asked, path, body)
    } catch (error) {
      if (error instanceof SignalError) throw error
    }
  }
  throw new SignalError('E_BUSY', 'no worker answers now; try again', 1000)
}
