import * as assert from 'uvu/assert'
import { Nodes } from '../../../../core/cluster/nodes/nodes.js'
import type { Heartbeat } from '../../../../core/cluster/wire/wire.js'
import { suite } from '../../../suite.js'

function setUp() {
  const told: string[] = []
  const nodes = new Nodes({
    name: 'me',
    deadMs: 3500,
    patienceMs: 30_000,
    appeared: ({ name }, asks) => told.push(`${name} is ${asks ? 'new' : 'here'}`),
    gone: ({ name }, reason) => told.push(`${name} is gone: ${reason}`),
    namesake: () => told.push('a namesake'),
    foreign: (sender, name, version) => told.push(`${sender} "${name}" speaks ${version}`),
  })
  const taken = () => told.splice(0)
  /** So much time in steps of 50 ms. */
  const pass = (ms: number, isBusUp = true) => {
    for (let passed = 0; passed < ms; passed += 50) nodes.tick(50, isBusUp)
  }
  return { nodes, taken, pass }
}

const beat = (id: string, name = id, more: Partial<Heartbeat> = {}): Heartbeat => ({
  incarnation: id,
  name,
  load: 0,
  peers: 0,
  draining: false,
  inherited: [],
  asks: false,
  ...more,
})

suite('core/cluster/nodes', (test) => {
  test('a node appears with its first heartbeat, and later ones keep what is known of it fresh', () => {
    const { nodes, taken } = setUp()
    assert.ok(nodes.hear(beat('a', 'a', { asks: true })))
    assert.ok(nodes.hear(beat('a', 'a', { peers: 7 })))
    assert.equal(taken(), ['a is new'])
    assert.is(nodes.get('a')!.peers, 7)
    assert.equal([nodes.size, [...nodes].length], [1, 1])
    assert.is(nodes.get('b'), undefined)
  })

  test('who has inherited from a node that is gone is its heir, and each alive is its own', () => {
    const { nodes } = setUp()
    nodes.hear(beat('a', 'a', { inherited: ['b', 'c'] }))
    nodes.hear(beat('b'))
    assert.equal(
      ['a', 'b', 'c', 'd'].map((id) => nodes.heirOf(id)?.incarnation),
      ['a', 'b', 'a', undefined],
    )
    nodes.leave('b')
    assert.is(nodes.heirOf('b')?.incarnation, 'a')
    nodes.hear(beat('a'))
    assert.is(nodes.heirOf('c'), undefined, 'the newest word counts')
  })

  test('silence for deadMs is death, anything heard is not', () => {
    const { nodes, taken, pass } = setUp()
    nodes.hear(beat('a'))
    nodes.hear(beat('b'))
    pass(3000)
    assert.ok(nodes.touch('b'))
    pass(450)
    assert.equal(taken(), ['a is here', 'b is here'])
    pass(50)
    assert.equal(taken(), ['a is gone: nothing was heard of it for 3500 ms'])
    assert.is(nodes.touch('a'), undefined)
    pass(3000)
    assert.equal(taken(), ['b is gone: nothing was heard of it for 3500 ms'])
  })

  test('a process that stood still itself takes nobody for dead', () => {
    const { nodes, taken, pass } = setUp()
    nodes.hear(beat('a'))
    pass(2950)
    nodes.tick(60_000, true)
    assert.equal(taken(), ['a is here'])
    nodes.tick(50, true)
    assert.is(taken().length, 1)
  })

  test('while the bus is away the clock stands still, up to the bound', () => {
    const { nodes, taken, pass } = setUp()
    nodes.hear(beat('a'))
    pass(3000)
    pass(29_950, false)
    pass(450)
    assert.equal(taken(), ['a is here'])
    nodes.hear(beat('a'))
    pass(30_000, false)
    assert.equal(taken(), ['a is gone: the bus was away for 30000 ms'])
  })

  test('a goodbye is death at once', () => {
    const { nodes, taken } = setUp()
    nodes.hear(beat('a'))
    nodes.leave('a')
    nodes.leave('a')
    assert.equal(taken(), ['a is here', 'a is gone: it has stopped'])
  })

  test('another one of the own name is a problem, unless it is about to go', () => {
    const { nodes, taken, pass } = setUp()
    nodes.hear(beat('a', 'me', { draining: true }))
    assert.equal(taken(), ['me is here'])
    assert.equal(nodes.problems, [])
    nodes.hear(beat('a', 'me'))
    nodes.hear(beat('a', 'me'))
    assert.equal(taken(), ['a namesake'])
    assert.equal(nodes.problems, ['another node is called "me" too'])
    pass(3500)
    assert.equal(nodes.problems, [])
  })

  test('a node of another version is a problem while it is heard, and told once', () => {
    const { nodes, taken, pass } = setUp()
    nodes.hearForeign('x', '', 2)
    nodes.hearForeign('x', 'two', 2)
    nodes.hearForeign('x', '', 2)
    assert.equal(taken(), ['x "" speaks 2', 'x "two" speaks 2'])
    assert.match(nodes.problems.join(), /^the node "two" speaks version 2 .* this one 1$/)
    pass(10_000)
    assert.equal(nodes.problems, [])
    nodes.hearForeign('x', 'two', 2)
    assert.is(taken().length, 1)
  })

  test('floods of nodes, of this version and of others, are bounded', () => {
    const { nodes, taken } = setUp()
    for (let i = 0; i < 5000; i++) {
      nodes.hear(beat(`n${i}`))
      nodes.hearForeign(`f${i}`, 'x', 9)
    }
    assert.is(nodes.size, 4096)
    assert.not.ok(nodes.hear(beat('another')))
    assert.ok(nodes.hear(beat('n0')), 'those who are known are heard')
    assert.is(taken().length, 4096 + 64)
  })
})
