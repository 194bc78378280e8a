import { Registry } from 'prom-client'
import * as assert from 'uvu/assert'
import { ProcessMetrics } from '../../../../plugins/observer/metrics/process-metrics.js'
import { suite } from '../../../suite.js'

const sumOf = async (registry: Registry, name: string): Promise<number> => {
  const { values } = (await registry.getMetricsAsJSON()).find((metric) => metric.name === name)!
  return values.reduce((sum, { value }) => sum + value, 0)
}

const block = (ms: number): void => {
  const until = performance.now() + ms
  while (performance.now() < until);
}

suite('observer/metrics/process-metrics', (test) => {
  test('shows time, memory and start of the process', async (defer) => {
    const registry = new Registry()
    const metrics = new ProcessMetrics(registry)
    defer(() => metrics.stop())
    metrics.start()
    assert.ok((await sumOf(registry, 'process_cpu_user_seconds_total')) > 0)
    assert.ok((await sumOf(registry, 'process_resident_memory_bytes')) > 1e6)
    assert.ok((await sumOf(registry, 'nodejs_heap_size_used_bytes')) > 1e5)
    const startedAt = await sumOf(registry, 'process_start_time_seconds')
    assert.ok(Math.abs(startedAt - (Date.now() / 1000 - process.uptime())) <= 1)
  })

  test('sees a blocked event loop, once', async (defer) => {
    const registry = new Registry()
    const metrics = new ProcessMetrics(registry)
    defer(() => metrics.stop())
    metrics.start()
    await new Promise((resolve) => setTimeout(resolve, 50))
    block(120)
    await new Promise((resolve) => setTimeout(resolve, 30))
    assert.ok((await sumOf(registry, 'nodejs_eventloop_lag_max_seconds')) > 0.06)
    await new Promise((resolve) => setTimeout(resolve, 60))
    assert.ok((await sumOf(registry, 'nodejs_eventloop_lag_max_seconds')) < 0.06, 'a scrape begins anew')
  })

  test('counts the time of garbage collection until it is stopped', async (defer) => {
    const registry = new Registry()
    const metrics = new ProcessMetrics(registry)
    defer(() => metrics.stop())
    metrics.start()
    const churn = async () => {
      for (let i = 0; i < 200; i++) new Array(20_000).fill(i)
      await new Promise((resolve) => setTimeout(resolve, 20))
    }
    await churn()
    const spent = await sumOf(registry, 'nodejs_gc_duration_seconds_total')
    assert.ok(spent > 0)
    metrics.stop()
    await churn()
    assert.is(await sumOf(registry, 'nodejs_gc_duration_seconds_total'), spent)
  })
})
