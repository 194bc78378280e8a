import { fileURLToPath } from 'node:url'
import * as assert from 'uvu/assert'
import { startFleet } from '../../../bench/cluster/fleet.js'
import { family } from '../../../bench/load/processes.js'
import type { Program } from '../../../bench/load/server.js'
import { until } from '../../contract/contract-case.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'

const ours = (name: string): string => fileURLToPath(new URL(`../../../bench/${name}`, import.meta.url))
const burner: Program = { node: fileURLToPath(new URL('./burner.js', import.meta.url)) }
const server = (...settings: string[]): Program => ({
  node: ours('load/signalbox-server.js'),
  args: ['js', ...settings],
})

suite('bench/cluster/fleet', (test) => {
  if (process.platform !== 'linux') {
    test.skip('everything', 'the system keeps no books of processor time')
    return
  }

  test('several processes are one server: their ports, their time, and what runs beside them apart', async (defer) => {
    const told: number[] = []
    const fleet = await startFleet({
      beside: burner,
      servers: (port) => {
        told.push(port)
        return [server(), server('{}', '{}')]
      },
    })
    defer(() => fleet.stop())
    assert.equal(told, [0], 'the port of what runs beside them')
    assert.is(new Set(fleet.ports).size, 3)
    for (const port of fleet.ports) assert.is((await fetch(`http://127.0.0.1:${port}/`)).status, 404)
    const before = fleet.besidesCpuMs!()
    await until(() => fleet.besidesCpuMs!() >= before + 50, 'it is busy')
    assert.ok(fleet.cpuMs() > 0, 'starting took them time')
    assert.is(await fleet.ask('read'), undefined)
    assert.is(fleet.ended, undefined)
    await fleet.stop()
    assert.match(fleet.ended!, /has ended/)
    assert.equal([fleet.cpuMs(), fleet.besidesCpuMs!()], [0, 0])
  }, 60_000)

  test('when one of them does not start, none goes on', async () => {
    const before = family(process.pid).length
    const error = await rejection(
      startFleet({ beside: burner, servers: () => [server(), { node: '/nowhere/at/all.mjs' }] }),
    )
    assert.match(error.message, /Cannot find module/)
    assert.is(family(process.pid).length, before)
  }, 60_000)
})
