import * as assert from 'uvu/assert'
import {
  BALANCER,
  BUS,
  CLOCK,
  type Clock,
  definePlugin,
  HUB,
  HUB_STATS,
  injected,
  type Kind,
  LISTEN,
  LOGGER,
  OPTIONS,
  type Token,
  Type,
} from '../../core/api.js'
import type { Injectable } from '../../core/di.js'
import { construct, FakeClock } from '../contract/index.js'
import { suite } from '../suite.js'

/** A class that keeps what it is given, in the way of plain JavaScript. */
class Keeper {
  readonly given: unknown[]
  constructor(...given: unknown[]) {
    this.given = given
  }
}

const keeperOf = (kind: Kind, ...tokens: Token<unknown>[]) =>
  definePlugin({
    kind,
    name: 'keeper',
    description: 'Keeps what it is given.',
    options: Type.Object({ size: Type.Integer({ default: 3 }) }),
    useClass: injected(class extends Keeper {}, ...tokens) as Injectable<never>,
  })
const given = (plugin: ReturnType<typeof keeperOf>, ...rest: [unknown?, { clock?: Clock }?]): unknown[] =>
  (construct(plugin, ...rest) as unknown as Keeper).given

suite('testing/construct', (test) => {
  test('injects by token, in the order that injected() names', () => {
    const clock = new FakeClock()
    const [first, second] = given(keeperOf('policy', CLOCK, OPTIONS), { size: 5 }, { clock })
    assert.is(first, clock)
    assert.equal(second, { size: 5 })
    assert.ok(Object.isFrozen(second))
  })

  test('checks options as the server does', () => {
    assert.equal(given(keeperOf('policy', OPTIONS)), [{ size: 3 }])
    assert.throws(
      () => construct(keeperOf('policy'), { sise: 1 }),
      /options\.sise: unknown key; did you mean "size"/,
    )
  })

  test('gives every kind what it may have, and nothing else', () => {
    const everyone: Token<unknown>[] = [OPTIONS, LOGGER, CLOCK, LISTEN]
    const may: [Kind, Token<unknown>[]][] = [
      ['bus', []],
      ['balancer', [BUS]],
      ['auth', [BUS, BALANCER]],
      ['policy', [BUS, BALANCER, HUB_STATS]],
      ['observer', [BUS, BALANCER, HUB_STATS]],
      ['transport', [BUS, BALANCER, HUB]],
    ]
    for (const [kind, tokens] of may) {
      assert.is(given(keeperOf(kind, ...everyone, ...tokens)).filter(Boolean).length, 4 + tokens.length)
      for (const token of [BUS, BALANCER, HUB_STATS, HUB].filter((one) => !tokens.includes(one))) {
        assert.throws(() => given(keeperOf(kind, token)), undefined, `${kind} must not have ${String(token)}`)
      }
    }
  })
})
