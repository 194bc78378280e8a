import { createConnection, type Socket } from 'node:net'

const DEFAULT_PORT = 4222
/**
 * Which of these servers greets first (a NATS server speaks first, in the clear). The client's own attempt to connect
 * keeps its socket for as long as a server that takes connections and says nothing pleases: so it only gets one that
 * speaks. Rejects with the reason of the first server when none does, or when `signal` is aborted.
 */
export async function firstToAnswer(servers: readonly string[], signal: AbortSignal): Promise<string> {
  const sockets: Socket[] = []
  const giveUp = () => {
    for (const socket of sockets) socket.destroy(new Error('it takes connections and says nothing'))
  }
  signal.addEventListener('abort', giveUp)
  try {
    return await Promise.any(servers.map((server) => greeted(server, sockets)))
  } catch (error) {
    throw (error as AggregateError).errors[0]
  } finally {
    signal.removeEventListener('abort', giveUp)
    for (const socket of sockets) socket.destroy()
  }
}

function greeted(server: string, sockets: Socket[]): Promise<string> {
  const { hostname, port } = new URL(server)
  return new Promise((resolve, reject) => {
    const socket = createConnection({
      host: hostname.replace(/^\[(.*)\]$/, '$1'),
      port: port === '' ? DEFAULT_PORT : Number(port),
    })
    sockets.push(socket)
    socket.once('data', () => resolve(server))
    socket.on('error', reject)
    socket.on('close', () => reject(new Error('it closes connections at once')))
  })
}
