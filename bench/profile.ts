/** `--profile`: where a server's time goes under a load, so that a figure that isn't reached can be explained. */

import type { EngineName } from '../core/engine/engine.js'
import { runLoad } from './load/client.js'
import { LOADS } from './load/loads.js'
import { plan } from './load/plan.js'
import type { SelfTime } from './load/profiler.js'
import { signalbox } from './load/variants.js'

const WARM = { warmSeconds: 1.5, measureSeconds: 0.1 }
const PROFILED = { warmSeconds: 0.5, measureSeconds: 2 }
/** Functions below this share are not named. */
const LEAST_SHARE = 0.005

/** Runs the load once with each engine and prints the time that functions took themselves, most first. */
export async function profile(name: string, engines: readonly EngineName[]): Promise<void> {
  for (const engine of engines) {
    const { times, perSecond } = await profileOf(name, engine)
    console.log(
      `\n${name} · signalbox-${engine}: ${Math.round(perSecond)} deliveries/s while it was profiled`,
    )
    console.log(table(times))
  }
}

export async function profileOf(
  name: string,
  engine: EngineName,
  times = PROFILED,
): Promise<{ times: readonly SelfTime[]; perSecond: number }> {
  const load = LOADS.find((one) => one.name === name)!
  const server = await signalbox(engine).start()
  try {
    await runLoad(plan(load, 'signalbox', server.ports, WARM)!)
    let asked: ReturnType<typeof server.ask> | undefined
    const outcome = (await runLoad(plan(load, 'signalbox', server.ports, times)!, {
      async onReady() {
        await server.ask('profile') // takes a while by itself
      },
      onMeasured() {
        asked = server.ask('profiled')
      },
    }))!
    return { times: (await asked)!.profile!, perSecond: outcome.deliveries / outcome.seconds }
  } finally {
    await server.stop()
  }
}

function table(times: readonly SelfTime[]): string {
  const percent = (share: number) => `${(share * 100).toFixed(1).padStart(6)} %  `
  const named = times.filter(({ share }) => share >= LEAST_SHARE)
  const rest = times.slice(named.length).reduce((sum, { share }) => sum + share, 0)
  return [...named, { where: `(${times.length - named.length} others)`, share: rest }]
    .map(({ where, share }) => percent(share) + where)
    .join('\n')
}
