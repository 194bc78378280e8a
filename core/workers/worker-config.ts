import type { Config } from '../config/schema.js'

/** What the primary decides for a worker. */
export interface WorkerTerms {
  /** `w0`: unique among the workers, and the same for whoever takes its place. */
  readonly id: string
  /** What this server is called among others; workers are told apart by what is added. */
  readonly name: string
  /** What the worker's admin listener asks for. */
  readonly token: string
}

/**
 * The config of one worker, made of the server's: `written` as it was given (its references are replaced in the worker,
 * where they are neither seen in passing nor searched twice), `config` as it was understood. Its admin listener is
 * private; a bus that would reach nobody but itself becomes the one between the workers.
 */
export function workerConfig(written: unknown, config: Config, { id, name, token }: WorkerTerms): object {
  const given = written as { cluster?: object; sessions?: object; plugins?: object }
  const { file } = config.sessions
  return {
    ...given,
    workers: 1,
    admin: config.admin === false ? false : { host: '127.0.0.1', port: 0, token },
    cluster: { ...given.cluster, name: `${name}/${id}` },
    ...(file === undefined ? {} : { sessions: { ...given.sessions, file: `${file}.${id}` } }),
    ...(isAlone(config) ? { plugins: { ...given.plugins, bus: [{ use: 'ipc' }] } } : {}),
  }
}

/** Whether the workers need the primary to hear each other: the config's bus stays within a process. */
export const isAlone = ({ plugins }: Config): boolean => plugins.bus[0]!.use === 'local'
