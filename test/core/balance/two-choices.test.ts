import * as assert from 'uvu/assert'
import { TwoChoices } from '../../../core/balance/two-choices.js'
import { FakeClock } from '../../contract/index.js'
import { suite } from '../../suite.js'

const MEMORY = { halfLifeMs: 1000, loadPerPick: 0.001 }

/** How often each candidate is picked. */
function counts(picks: number, list: readonly { id: string; weight?: number; load?: number }[]) {
  const choices = new TwoChoices(new FakeClock(), MEMORY)
  const seen = new Map(list.map(({ id }) => [id, 0]))
  for (let i = 0; i < picks; i++) {
    const { id } = choices.pick('', list)!
    seen.set(id, seen.get(id)! + 1)
  }
  return seen
}

suite('core/balance/two-choices', (test) => {
  test('without loads, picks stay even: the most and the least differ by little, for one key', () => {
    const all = [
      ...counts(
        10_000,
        Array.from({ length: 10 }, (_, i) => ({ id: `n${i}` })),
      ).values(),
    ]
    assert.ok(Math.max(...all) - Math.min(...all) < 20, all.join(' '))
  })

  test('weights get their share', () => {
    const seen = counts(12_000, [{ id: 'a', weight: 3 }, { id: 'b' }, { id: 'c', weight: 2 }])
    assert.ok(Math.abs(seen.get('a')! - 6000) < 60, `${[...seen.values()]}`)
    assert.ok(Math.abs(seen.get('c')! - 4000) < 60, `${[...seen.values()]}`)
  })

  test('one that weighs nearly everything is drawn with another beside it', () => {
    const seen = counts(100, [
      { id: 'heavy', weight: 1e9 },
      { id: 'light', weight: 1e-9 },
    ])
    assert.is(seen.get('heavy'), 100)
  })

  test('of two, the loaded one waits until its load has faded', () => {
    const clock = new FakeClock()
    const choices = new TwoChoices(clock, { halfLifeMs: 1000, loadPerPick: 0 })
    const busy = { id: 'busy', load: 0.8 }
    const list = [busy, { id: 'idle', load: 0.3 }]
    assert.is(choices.pick('k', list)!.id, 'idle')
    busy.load = 0
    assert.is(choices.pick('k', list)!.id, 'idle', 'a report may be a moment of rest')
    clock.advance(1000)
    assert.is(choices.pick('k', list)!.id, 'idle', 'half of 0.8 is over 0.3')
    clock.advance(1000)
    assert.is(choices.pick('k', list)!.id, 'busy')
  })

  test('nobody runs to whoever said last that it was idle', () => {
    const all = counts(1000, [
      { id: 'a', load: 0.5 },
      { id: 'b', load: 0.5 },
      { id: 'idle', load: 0 },
    ])
    // 500 picks make up for the difference; the rest is even.
    assert.ok(all.get('idle')! < 720 && all.get('idle')! > 550, `${[...all.values()]}`)
  })

  test('stays small while nodes come and go', () => {
    const choices = new TwoChoices(new FakeClock(), MEMORY)
    for (let i = 0; i < 70_000; i++) choices.pick('', [{ id: `n${i}` }, { id: 'steady' }])
    assert.ok(choices.pick('', [{ id: 'x' }, { id: 'y' }]))
  })
})
