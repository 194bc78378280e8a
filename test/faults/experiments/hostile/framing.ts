import { AUTOBAHN_CASES } from '../../../plugins/transport/ws/autobahn.js'
import { RawSocket } from '../../../plugins/transport/ws/raw-socket.js'
import { RID_MS, type Sequence, within } from './sequence.js'

/** The 301 cases of the Autobahn suite that need no compression, played beside the control clients. */
export const FRAMING: readonly Sequence[] = AUTOBAHN_CASES.map(({ id, send, chop, answers }) => ({
  name: `Autobahn ${id}`,
  async play({ url, defer }) {
    const client = await RawSocket.open(defer, url, 'room=a')
    await client.send(send, chop)
    if ((await within(client.handled(answers), RID_MS)) === 'late') return 'was not answered'
    const found = client.answers()
    client.destroy()
    const isRight = found.join('\n') === answers.join('\n')
    return isRight ? undefined : `was answered with ${found.slice(0, 5)} instead of ${answers.slice(0, 5)}`
  },
}))
