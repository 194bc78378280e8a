/** Connects the workers of one server, through their primary. */

import {
  BROKER_OPTIONS,
  BrokerBus,
  CLOCK,
  type Clock,
  definePlugin,
  inject,
  injectable,
  LOGGER,
  type Logger,
  OPTIONS,
  type Static,
  Type,
} from '../../core/api.js'
import { WorkerPipe } from './ipc/worker-pipe.js'

const options = Type.Object(BROKER_OPTIONS)

@injectable()
class IpcBus extends BrokerBus {
  readonly #pipe: WorkerPipe

  constructor(
    @inject(OPTIONS) chosen: Static<typeof options>,
    @inject(CLOCK) clock: Clock,
    @inject(LOGGER) logger: Logger,
  ) {
    const pipe = new WorkerPipe(logger)
    super({ ...chosen, broker: 'the primary', connect: (listener) => pipe.connect(listener), clock, logger })
    this.#pipe = pipe
  }

  override async start(): Promise<void> {
    this.#pipe.open()
    await super.start()
  }

  /** The primary notices the end of a worker at once, however it ends. */
  will(topic: string, message: Uint8Array): void {
    this.#pipe.will(topic, message)
  }

  override async stop(): Promise<void> {
    await super.stop()
    this.#pipe.close()
  }
}

export default definePlugin({
  kind: 'bus',
  name: 'ipc',
  description:
    'Connects the workers of one server through their primary; workers choose it where the config says local.',
  options,
  useClass: IpcBus,
})
