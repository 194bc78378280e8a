/** Buses that run against real brokers, here and in processes of their own. */

import { execFile, fork } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { systemClock } from '../../core/clock.js'
import type { Bus } from '../../core/contracts/bus.js'
import type { Lifecycle, Plugin } from '../../core/plugin.js'
import { capturedLogger } from '../captured-logger.js'
import { construct } from '../contract/index.js'
import type { BusNodeReport } from '../fixtures/bus-node.js'
import { until } from '../live-server.js'
import { rejection } from '../rejection.js'
import type { Defer } from '../suite.js'

const BUS_NODE = fileURLToPath(new URL('../fixtures/bus-node.js', import.meta.url))
const MAIN = fileURLToPath(new URL('../../core/cli/main.js', import.meta.url))

/** A bus that runs, and everything it logged. */
export interface RunningBus {
  readonly bus: Bus & Lifecycle
  readonly lines: Record<string, unknown>[]
}

/** Makes a bus and starts it; it stops with the test. */
export async function running(
  defer: Defer,
  plugin: Plugin<'bus'>,
  options: Record<string, unknown>,
): Promise<RunningBus> {
  const { logger, lines } = capturedLogger()
  const bus = construct(plugin, options, { clock: systemClock, logger })
  defer(() => bus.stop?.())
  await bus.start?.()
  return { bus, lines }
}

/** Why a bus doesn't start. */
export async function refusal(
  defer: Defer,
  plugin: Plugin<'bus'>,
  options: Record<string, unknown>,
): Promise<string> {
  const bus = construct(plugin, options, { clock: systemClock })
  defer(() => bus.stop?.())
  return (await rejection(Promise.resolve(bus.start?.()))).message
}

/** Subscribes; the array fills with what is heard. */
export async function listen(bus: Bus, topic: string): Promise<string[]> {
  const heard: string[] = []
  await bus.subscribe(topic, (message) => heard.push(Buffer.from(message).toString()))
  return heard
}

/** Says something until it is heard: what was lost on the way is lost. */
export async function reaches(from: Bus, topic: string, heard: string[]): Promise<void> {
  let said = 0
  await until(() => {
    void from.publish(topic, Buffer.from(`said ${++said}`)).catch(() => {})
    return heard.some((text) => text.startsWith('said'))
  }, `a message on ${topic}`)
}

/** Starts a server for which a package isn't installed. */
export async function startWithout(name: string, file: string): Promise<{ stderr: string; code: unknown }> {
  const absent = `export async function resolve(specifier, context, next) {
    if (specifier !== ${JSON.stringify(name)}) return next(specifier, context)
    throw Object.assign(new Error("Cannot find package '" + specifier + "'"), { code: 'ERR_MODULE_NOT_FOUND' })
  }`
  const hooks = `import { register } from 'node:module'; register(${JSON.stringify(dataUrl(absent))})`
  const args = ['--import', dataUrl(hooks), MAIN, 'start', '--config', file]
  return new Promise((resolve) => {
    execFile(process.execPath, args, { timeout: 20_000 }, (error, _stdout, stderr) =>
      resolve({ stderr, code: error?.code ?? 0 }),
    )
  })
}

const dataUrl = (script: string): string => `data:text/javascript,${encodeURIComponent(script)}`

/** A bus in a process of its own, that can be stopped. */
export async function busNode(defer: Defer, name: string, options: Record<string, unknown>) {
  const child = fork(BUS_NODE, [name, JSON.stringify(options)], { stdio: 'inherit' })
  defer(() => child.kill('SIGKILL'))
  let report: BusNodeReport | undefined
  child.on('message', (message: BusNodeReport) => {
    report = message
  })
  await until(() => report?.state === 'up', 'the other process to be up')
  return { child, report: () => report! }
}
