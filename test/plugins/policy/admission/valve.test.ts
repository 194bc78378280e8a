import * as assert from 'uvu/assert'
import { type Range, Valve } from '../../../../plugins/policy/admission/valve.js'
import { Dice } from '../../../dice.js'
import { suite } from '../../../suite.js'

const RANGE: Range = { least: 10, most: 4000, turnMs: 4 }
const PERIOD_MS = 100

/**
 * An event loop in which newcomers wait without end: calls take a share of all time, each newcomer takes some when it
 * comes, and some as long as it stays. The closer all of that is to all there is, the longer turns are.
 */
class Loop {
  readonly valve = new Valve(RANGE)
  readonly passed: number[] = []
  readonly turns: number[] = []
  calls = 0.4
  /** Of a second: what a newcomer costs at once, and each second of its stay. */
  entering = 0.0005
  staying = 0.0005
  staysMs = 500
  demand = 20_000
  noise = () => 1
  #now = 0
  #population = 0

  run(periods: number): this {
    for (let i = 0; i < periods; i++) {
      this.#now += PERIOD_MS
      let passed = 0
      for (let wish = 0; wish < this.demand / 10; wish++) if (this.valve.take(1, this.#now)) passed++
      this.#population += passed - (this.#population * PERIOD_MS) / this.staysMs
      const busy = this.calls + passed * 10 * this.entering + this.#population * this.staying
      const turnMs = (0.3 / Math.max(0.001, 1 - busy)) * this.noise()
      this.valve.adjust(turnMs, false)
      this.passed.push(passed * 10)
      this.turns.push(turnMs)
    }
    return this
  }

  last(of: readonly number[], periods: number) {
    const sorted = of.slice(-periods).sort((a, b) => a - b)
    const mean = sorted.reduce((sum, one) => sum + one, 0) / sorted.length
    return { least: sorted[0]!, median: sorted[periods >> 1]!, most: sorted.at(-1)!, mean }
  }
}

suite('policy/admission/valve', (test) => {
  test('while turns are short nothing is limited', () => {
    const valve = new Valve(RANGE)
    for (let i = 0; i < 100_000; i++) assert.ok(valve.take(1, 0))
    valve.adjust(4, false)
    assert.ok(valve.isOpen)
    for (let i = 0; i < 100_000; i++) assert.ok(valve.take(1, 0))
  })

  test('turns are too long: it closes only if something of its kind comes', () => {
    const valve = new Valve(RANGE)
    for (let i = 0; i < 100; i++) valve.adjust(400, false)
    assert.ok(valve.isOpen, 'whoever comes next is not to blame')
    valve.take(1, 0)
    valve.adjust(400, false)
    assert.not(valve.isOpen)
  })

  test('a step to a multiple of what can be served: within two seconds turns are as long as they should be', () => {
    const loop = new Loop().run(20)
    const { median } = loop.last(loop.turns, 10)
    assert.ok(median < 4 * 1.5, `${median} ms`)
    loop.run(200)
    const turns = loop.last(loop.turns, 150)
    assert.ok(turns.median > 2 && turns.median < 4 * 1.25, JSON.stringify(turns))
  })

  test('it settles: what passes varies little, and is nearly all that can', () => {
    const loop = new Loop().run(300)
    const passed = loop.last(loop.passed, 200)
    assert.ok(passed.most - passed.least < passed.mean * 0.35, JSON.stringify(passed))
    // Turns of 4 ms mean that 92.5 % are used; each second of a newcomer costs one thousandth in all.
    const possible = (1 - 0.3 / 4 - 0.4) / (0.0005 + 0.0005 * 0.5)
    assert.ok(passed.mean > possible * 0.9 && passed.mean < possible * 1.05, `${passed.mean} of ${possible}`)
  })

  test('also where newcomers stay so long that what they bring lags behind', () => {
    const loop = new Loop()
    loop.staysMs = 5000
    loop.run(1500)
    const possible = (1 - 0.3 / 4 - 0.4) / (0.0005 + 0.0005 * 5)
    const passed = loop.last(loop.passed, 1000)
    assert.ok(passed.mean > possible * 0.8 && passed.mean < possible * 1.1, `${passed.mean} of ${possible}`)
    assert.ok(loop.last(loop.turns, 1000).median < 4 * 1.5)
  })

  test('a ramp: as calls take more, newcomers get less, and turns stay as they should', () => {
    const loop = new Loop().run(50)
    let before = loop.last(loop.passed, 20).mean
    for (loop.calls = 0.5; loop.calls < 0.85; loop.calls += 0.1) {
      loop.run(50)
      const { mean } = loop.last(loop.passed, 20)
      assert.ok(mean < before, `${mean}, ${before} before`)
      const { median } = loop.last(loop.turns, 20)
      assert.ok(median < 4 * 1.5, `${median} ms at ${loop.calls}`)
      before = mean
    }
  })

  test('noise: turns of half to twice the length cost little of what can pass', () => {
    const dice = new Dice(7)
    const quiet = new Loop().run(500)
    const noisy = new Loop()
    noisy.noise = () => 2 ** (dice.roll(2001) / 1000 - 1)
    noisy.run(500)
    const ratio = noisy.last(noisy.passed, 400).mean / quiet.last(quiet.passed, 400).mean
    assert.ok(ratio > 0.85, String(ratio))
  })

  test('one long turn takes half at most, and it is open again with the next short one', () => {
    const valve = new Valve(RANGE)
    valve.take(1, 0)
    valve.adjust(1000, false)
    assert.ok(valve.limit >= 4000 * 0.5)
    valve.adjust(0.1, false)
    assert.ok(valve.isOpen)
  })

  test('recovery: from the least it is open within two seconds once the loop has nothing to do', () => {
    const loop = new Loop()
    loop.calls = 2
    loop.run(100)
    assert.is(loop.valve.limit, 10, 'some may always try')
    loop.calls = 0
    loop.demand = 0
    loop.run(20)
    assert.ok(loop.valve.isOpen, String(loop.valve.limit))
  })

  test('closed, it lets a burst pass after a pause, and what the limit says from then on', () => {
    const valve = new Valve({ least: 40, most: 80, turnMs: 1 })
    valve.take(1, 0)
    for (let i = 0; i < 10; i++) {
      valve.adjust(1000, false)
      valve.take(1, 0)
    }
    assert.is(valve.limit, 40)
    const passes = (now: number) => {
      let count = 0
      while (valve.take(1, now)) count++
      return count
    }
    passes(10_000)
    assert.equal([passes(10_025), passes(10_100), passes(11_100), passes(60_000)], [1, 3, 40, 100])
    assert.not(valve.take(500, 60_000))
    assert.ok(valve.take(500, 60_025), 'what is larger than any limit passes too')
    assert.equal([valve.take(1, 72_000), valve.take(1, 73_000)], [false, true], 'and is paid for')
  })

  test('shut, it lets nothing pass, and goes on where it was', () => {
    const valve = new Valve(RANGE)
    valve.adjust(1, true)
    assert.not(valve.take(1, 0))
    assert.equal([valve.isShut, valve.isOpen, valve.limit], [true, false, 0])
    valve.adjust(1, false)
    assert.equal([valve.take(1, 0), valve.isOpen], [true, true])
  })
})
