/** SIGTERM with a crowd: everyone is told, spread over time, and the process ends; with a store, everyone resumes. */

import { mkdtempSync, rmSync } from 'node:fs'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { check, describeFaults, faultsIn } from '../checker.js'
import type { Experiment } from '../lab.js'
import { settle, until } from '../waiting.js'
import { gather, ms, quantiles } from './crowd.js'

const ROOM_SIZE = 20
const LIMIT_MS = 30_000
/** Enough for every client to come back on a machine that does other things too. */
const RESUME_MS = 300_000

export const drain: Experiment = {
  name: 'drain',
  about: 'SIGTERM with a crowd connected; a new process takes the sessions up from a file',
  seconds: ({ crowd, drainMs }) => 5 + drainMs / 1000 + crowd.drain / 200,
  async run(lab) {
    const folder = mkdtempSync(join(tmpdir(), 'signalbox-faults-'))
    lab.defer(() => rmSync(folder, { recursive: true, force: true }))
    const config = {
      sessions: { file: join(folder, 'sessions') },
      limits: { resumeMs: RESUME_MS, drainMs: lab.scale.drainMs },
    }
    let server = await lab.server(config)
    const clients = await gather(lab, lab.scale.crowd.drain, ROOM_SIZE, () => server)
    const failures: string[] = []
    const closedBefore = clients.map(({ closes }) => closes.length)
    const goneAt = clients.map(() => 0)
    lab.note('draining')
    const start = performance.now()
    server.signal('SIGTERM')
    let isOver = false
    void server.ended.then(() => {
      isOver = true
    })
    await until(
      'the server has ended',
      () => {
        for (const [i, { closes }] of clients.entries()) {
          if (closes.length > closedBefore[i]! && goneAt[i] === 0) goneAt[i] = performance.now() - start
        }
        return isOver
      },
      2 * LIMIT_MS,
    )
    const tookMs = performance.now() - start
    const code = await server.ended
    if (tookMs > LIMIT_MS) failures.push(`the drain took ${ms(tookMs)}`)
    if (code !== 0) failures.push(`the server ended with ${code}`)
    const untold = clients.filter(
      ({ closes, goaways }, i) => closes[closedBefore[i]!] !== 4000 || goaways === 0,
    ).length
    if (untold > 0) failures.push(`${untold} clients were closed without a word`)

    lab.note('taking the sessions up')
    server = await lab.server(config)
    await settle(clients, RESUME_MS)
    for (const client of clients) client.stop()
    const verdict = check(clients)
    const granted = clients.reduce((sum, { resumes }) => sum + resumes.granted, 0)
    if (faultsIn(verdict) > 0) failures.push(describeFaults(verdict))
    if (verdict.lost > 0) failures.push(`${verdict.lost} sessions were lost`)
    const told = quantiles(goneAt)
    return {
      figures: {
        clients: clients.length,
        'drained after': ms(tookMs),
        'half of them gone after': ms(told.p50),
        'told and closed with 4000': clients.length - untold,
        'resumes granted by the next process': granted,
        faults: faultsIn(verdict),
      },
      failures,
    }
  },
}
