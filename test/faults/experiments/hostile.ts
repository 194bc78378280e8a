/** What no client should do, beside two clients that must not notice. */

import { check, describeFaults, faultsIn } from '../checker.js'
import type { Experiment, Lab } from '../lab.js'
import type { LabClient } from '../lab-client.js'
import { withoutStrangers } from '../log.js'
import { settle, until } from '../waiting.js'
import { mib } from './crowd.js'
import { FLOODS_READ_AND_UNREAD } from './hostile/floods.js'
import { FRAMING } from './hostile/framing.js'
import { HANDSHAKES } from './hostile/handshakes.js'
import { NONSENSE } from './hostile/nonsense.js'
import type { Sequence, Stage } from './hostile/sequence.js'
import { BAD_TICKETS } from './hostile/tickets.js'

/** Short, so that nobody has to wait long for a half-open connection to be closed. */
const LIMITS = { handshakeMs: 1000, pingMs: 1000, pongMs: 2000, resumeMs: 2000 }
/** What the server may have more when all is over, bytes: caches, and code that was compiled. */
const MAX_GROWTH_BYTES = 8 * 2 ** 20

export const SEQUENCES: readonly Sequence[] = [
  ...FRAMING,
  ...NONSENSE,
  ...HANDSHAKES,
  ...BAD_TICKETS,
  ...FLOODS_READ_AND_UNREAD,
]

export const hostile: Experiment = {
  name: 'hostile',
  about: `${SEQUENCES.length} hostile sequences: frames, messages, handshakes, tickets, floods`,
  seconds: ({ hostileStep }) => 60 / hostileStep,
  async run(lab) {
    const { stage, server } = await setTheStage(lab)
    const { control, other } = stage
    const before = await server.measure()
    const failures: string[] = []
    const sequences = SEQUENCES.filter((_, i) => i % lab.scale.hostileStep === 0)
    for (const [n, { name, play }] of sequences.entries()) {
      lab.note(`${n + 1} of ${sequences.length}: ${name}`, n / sequences.length)
      const wrong = await play(stage).catch((error: Error) => error.message)
      if (wrong !== undefined) failures.push(`${name}: ${wrong}`)
      for (const client of [control, other]) client.broadcast('publish', 'a', 20)
      await until(
        `the control clients are served after "${name}"`,
        () => control.isSettled && other.isSettled,
      )
    }
    const letsGo = 'the server lets go of all but the control clients'
    await until(letsGo, async () => (await server.peers()) === 2, 30_000).catch((error) =>
      failures.push(error.message),
    )
    await settle([control, other])
    for (const client of [control, other]) client.stop()
    const verdict = check(withoutStrangers([control, other]))
    if (faultsIn(verdict) > 0) failures.push(describeFaults(verdict))
    for (const { client, closes, errors } of [control, other]) {
      if (closes.length > 0) failures.push(`${client} lost its connection: ${closes}`)
      if (errors.length > 0) failures.push(`${client} was told ${errors}`)
    }
    const after = await server.measure()
    const growth = after.liveBytes - before.liveBytes
    if (growth > MAX_GROWTH_BYTES) failures.push(`the server has grown by ${mib(growth)}`)
    if (server.log !== '') failures.push(`the server complained: ${server.log.slice(0, 1000)}`)
    return {
      figures: {
        sequences: sequences.length,
        'messages of the control clients': verdict.sent,
        'received by them': verdict.received,
        faults: faultsIn(verdict),
        'memory gained by the server': mib(Math.max(0, growth)),
      },
      failures,
    }
  },
}

async function setTheStage(lab: Lab) {
  const server = await lab.server({ limits: LIMITS })
  const { port } = server
  const clients: LabClient[] = ['control', 'other'].map((name) => lab.client(name, () => server))
  for (const client of clients) client.start()
  await until('the control clients are connected', () => clients.every((client) => client.isConnected))
  for (const client of clients) client.join('a')
  await until('the control clients are in their room', () => clients.every((client) => client.isSettled))
  const [control, other] = clients as [LabClient, LabClient]
  const defer = (cleanUp: () => unknown) => lab.defer(cleanUp)
  const stage: Stage = { url: `http://127.0.0.1:${port}`, port, defer, control, other }
  return { stage, server }
}
