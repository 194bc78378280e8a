import assert from 'node:assert/strict'
import type { Lifecycle } from '../../core/plugin.js'
import { type ContractCase, contractCase, until } from './contract-case.js'

/** What every plugin owes, whatever its kind. `makeFailing` gives an instance whose `start` fails. */
export interface LifecycleHarness {
  make(): Lifecycle
  makeFailing?(): Lifecycle
}

/** Start and stop, in every order that a server may come to. */
export function lifecycleContract(harness: LifecycleHarness): ContractCase[] {
  const cases = [
    contractCase('can be stopped without having been started', async () => {
      await harness.make().stop?.()
    }),
    contractCase('can be stopped twice', async () => {
      const plugin = harness.make()
      await plugin.start?.()
      await plugin.stop?.()
      await plugin.stop?.()
    }),
    contractCase('leaves nothing behind that keeps the process alive', async () => {
      const before = handles()
      const plugin = harness.make()
      await plugin.start?.()
      await plugin.stop?.()
      await until(() => !isMore(handles(), before), 'the handles of the plugin to be released')
    }),
  ]
  const { makeFailing } = harness
  if (makeFailing) {
    cases.push(
      contractCase('can be stopped after a start that failed', async () => {
        const before = handles()
        const plugin = makeFailing()
        await assert.rejects(async () => plugin.start?.())
        await plugin.stop?.()
        await until(() => !isMore(handles(), before), 'the handles of the half-started plugin to be released')
      }),
    )
  }
  return cases
}

/** How many resources of each type keep the event loop alive. */
function handles(): Map<string, number> {
  const counts = new Map<string, number>()
  for (const type of process.getActiveResourcesInfo()) {
    counts.set(type, (counts.get(type) ?? 0) + 1)
  }
  return counts
}

const isMore = (now: Map<string, number>, before: Map<string, number>): boolean =>
  [...now].some(([type, count]) => count > (before.get(type) ?? 0))
