import { randomBytes } from 'node:crypto'
import { SUBPROTOCOL } from '../../../../core/protocol.js'
import { Wire } from '../../wire.js'
import { RID_MS, type Sequence, type Stage, within } from './sequence.js'

const forged = () => randomBytes(24).toString('base64url')
const ticketOf = ({ control }: Stage) => control.ticket ?? forged()

/** What follows `signalbox.resume.`: none of it may resume anything. */
const TICKETS: Readonly<Record<string, (stage: Stage) => string>> = {
  'a forged one': () => `${forged()}.0`,
  'a short one': () => 'AAAA.0',
  'a long one': () => `${'A'.repeat(4000)}.0`,
  'an empty one': () => '.0',
  nothing: () => '',
  'nothing but dots': () => '....',
  'one without a count': () => forged(),
  'one of a peer id': ({ control }) => `${control.peer}.0`,
  'one with a letter changed': (stage) => {
    const ticket = ticketOf(stage)
    return `${ticket[0] === 'A' ? 'B' : 'A'}${ticket.slice(1)}.${stage.control.seen}`
  },
  'one in capitals': (stage) => `${ticketOf(stage).toUpperCase()}.${stage.control.seen}`,
  ...Object.fromEntries(
    Object.entries({
      'beyond what was sent': '4503599627370495',
      negative: '-1',
      'of 2^53+1': '9007199254740993',
      'of NaN': 'NaN',
      'of 1e999': '1e999',
      'of 1.5': '1.5',
      'of hexadecimal digits': '0x10',
      'of 400 digits': '9'.repeat(400),
      empty: '',
      'with a sign': '+1',
    }).map(([name, seen]) => [
      `one that is good, the count ${name}`,
      (stage: Stage) => `${ticketOf(stage)}.${seen}`,
    ]),
  ),
}

export const BAD_TICKETS: readonly Sequence[] = Object.entries(TICKETS).map(([name, make]) => ({
  name: `ticket: ${name}`,
  async play(stage) {
    const { peer, ticket, closes } = stage.control
    const closesBefore = closes.length
    const wrong = await present(stage.port, make(stage), peer)
    if (wrong !== undefined) return wrong
    const { control } = stage
    if (control.peer !== peer || control.ticket !== ticket || closes.length !== closesBefore)
      return 'disturbed the session that it was stolen from'
    return undefined
  },
}))

/** Connects with a ticket; a new session must begin, and say E_RESUME. */
export function present(
  port: number,
  ticket: string,
  victim: string,
  protocols: readonly string[] = [],
): Promise<string | undefined> {
  const answer = new Promise<string | undefined>((resolve) => {
    let welcomed = false
    const wire = new Wire({ port }, '/signal', [SUBPROTOCOL, ...protocols, `signalbox.resume.${ticket}`], {
      text(text) {
        const message = JSON.parse(text)
        let wrong: string | undefined
        if (message.type === 'welcome') {
          welcomed = true
          if (message.session.resumed) wrong = 'resumed a session'
          else if (message.peer === victim) wrong = 'took the peer id of another session'
          else return
        } else if (message.type !== 'error' || message.code !== 'E_RESUME') {
          wrong = `was answered with ${text}`
        }
        resolve(wrong)
        wire.destroy()
      },
      closed: (code) =>
        resolve(welcomed ? 'was told nothing' : `was closed with ${wire.refusedWith || code}`),
    })
  })
  return within(answer, RID_MS).then((found) => (found === 'late' ? 'was not answered' : found))
}
