/** The way in. */

import type { ConnectOptions } from './connect-options.js'
import type { SignalboxError } from './errors.js'
import { Session } from './session.js'

/**
 * Connects to a server: `wss://host/signal`. Resolves once the server has let us in, and into `options.room` if there
 * is one; rejects with its refusal, or with E_UNREACHABLE. Only a connection that stood once is made again when it
 * breaks.
 */
export async function connect(url: string | URL, options: ConnectOptions = {}): Promise<Session> {
  const session = new Session(url, options)
  try {
    if (options.room === undefined) await opened(session)
    else await session.join(options.room)
  } catch (error) {
    session.close()
    throw error
  }
  return session
}

function opened(session: Session): Promise<void> {
  return new Promise((resolve, reject: (error: SignalboxError) => void) => {
    session.on('state', (state) => {
      if (state.state === 'open') resolve()
      if (state.state === 'closed') reject(state.error)
    })
  })
}
