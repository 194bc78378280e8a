import * as assert from 'uvu/assert'
import { LoadFailure } from '../../../bench/load/client.js'
import { runCrowd, type Scene } from '../../../bench/overload/crowd.js'
import { liveServer } from '../../live-server.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'
import { missingCompiler } from '../load/missing-compiler.js'

const SCENE: Scene = {
  calls: 4,
  callsPerSecond: 200,
  visitors: 12,
  halls: 2,
  words: 2,
  gapSeconds: 0.02,
  patienceSeconds: 5,
  deadlineSeconds: 5,
}
const SURGE = { newcomers: 20, visits: 60 }

suite('bench/overload/crowd', (define) => {
  const test: typeof define =
    missingCompiler === undefined
      ? define
      : (Object.assign((name: string) => define.skip(name, missingCompiler!), define) as typeof define)

  const portOf = (url: string) => Number(new URL(url).port)
  const quiet = { log: { level: 'silent' } }

  test('what is asked of a server that has time for it comes about, and is counted where it was due', async (defer) => {
    const { url } = await liveServer(defer, 'wasm', quiet)
    let begun = 0
    const { stages, lost, cpuShare } = await runCrowd(
      portOf(url),
      SCENE,
      SURGE,
      [0, 1, 0],
      0.5,
      () => begun++,
    )
    assert.equal([begun, stages.length, lost], [1, 3, 0])
    assert.ok(cpuShare > 0 && cpuShare < 2)
    for (const stage of stages) {
      assert.is(stage.received, stage.sent)
      assert.is(stage.inTime, stage.sent)
      assert.ok(Math.abs(stage.sent - 100) <= 1, String(stage.sent))
      assert.ok(stage.p50 > 0 && stage.p50 <= stage.p99 && stage.p99 <= stage['p99.9'])
    }
    const [before, surge] = stages
    assert.equal([before!.offered, before!.visits, before!.published], [0, 0, 0])
    const { offered, entered, refused, gaveUp, broken, visits, visited, shedJoins, shedWords } = surge!
    assert.ok(offered > 2 && visits > 10, `${offered} newcomers, ${visits} visits`)
    assert.equal([entered, refused, gaveUp, broken], [offered, 0, 0, 0])
    assert.ok(visited > 0 && visited <= visits)
    assert.equal([shedJoins, shedWords], [0, 0])
    assert.is(
      stages.reduce((sum, { published }) => sum + published, 0),
      2 * stages.reduce((sum, one) => sum + one.entered + one.visited, 0),
    )
    assert.is(surge!.heardInTime, surge!.heard)
  })

  test('newcomers who are told 503 are counted, and nobody else suffers', async (defer) => {
    const peers = 2 * SCENE.calls + SCENE.visitors
    const { url } = await liveServer(defer, 'wasm', { ...quiet, limits: { peers } })
    const { stages, lost } = await runCrowd(portOf(url), SCENE, SURGE, [1], 0.5)
    const [{ offered, entered, refused, received, sent }] = stages as [(typeof stages)[number]]
    assert.ok(offered > 2)
    assert.equal([entered, refused, received, lost], [0, offered, sent, 0])
  })

  test('where nobody listens it says so', async (defer) => {
    const { url, server } = await liveServer(defer, 'wasm', quiet)
    await server.stop()
    const error = await rejection<Error>(runCrowd(portOf(url), SCENE, SURGE, [1], 0.1))
    assert.instance(error, LoadFailure)
    assert.match(error.message, /while the stage was set/)
  })
})
