/** The checker, fed with forged logs of clients on several nodes: what outages excuse, and what they don't. */

import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import type { ExcuseKind } from './case.js'
import { check, describeFaults } from './checker.js'
import { Forger, kinds } from './forger.js'
import type { FaultKind } from './history.js'
import type { Log, Outage } from './log.js'

/** Ada is on n0, Ben on n1, both join at once; then the nodes tell each other. */
function apart() {
  const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).acked()
  const ben = new Forger('ben').welcome('B', 'n1').sends('join').joined(1).acked()
  ada.hears('peer-joined', 'B 1')
  ben.hears('peer-joined', 'A 1')
  return { ada, ben }
}

/** An outage that begins now, and lasts until `over` is called. */
function outage(...nodes: string[]) {
  const all = nodes.length === 0 ? {} : { nodes: new Set(nodes) }
  const one = { from: ++Forger.now, until: Infinity, ...all }
  const over = () => {
    one.until = ++Forger.now
  }
  return { one: one as Outage, over }
}

/** Each loses the other, and they find each other again. */
function flap({ ada, ben }: ReturnType<typeof apart>, said: () => void = () => {}) {
  ada.left('B')
  ben.left('A')
  said()
  ben.hears('peer-joined', 'A 1')
  ada.hears('peer-joined', 'B 1')
}

type Story = () => { readonly logs: readonly Log[]; readonly outages?: readonly Outage[] }

/** Each is a story with one thing wrong, and what the checker must call it, whatever else was excused. */
const FORGERIES: Readonly<Record<string, readonly [FaultKind, Story]>> = {
  'a publish whose sender knew of the other': [
    'gap',
    () => {
      const { ada, ben } = apart()
      return { logs: [ada.sends('publish').acked(), ben] }
    },
  ],
  'a publish whose receiver alone knew of the other': [
    'gap',
    () => {
      const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).acked()
      const ben = new Forger('ben').welcome('B', 'n1').sends('join').joined(1, 'A 1').acked()
      ada.sends('publish').acked().hears('peer-joined', 'B 1')
      return { logs: [ada, ben] }
    },
  ],
  'the first words of who was led in where the other was known': [
    'gap',
    () => {
      const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).acked()
      const ben = new Forger('ben').welcome('B', 'n1').sends('join').sends('publish').sends('publish')
      ben.joined(1, 'A 1').acked()
      return { logs: [ada.hears('peer-joined', 'B 1').hears('publish', 'B 3'), ben] }
    },
  ],
  'a newcomer whom a node never announced, though it spoke': [
    'gap',
    () => {
      const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).acked()
      const ben = new Forger('ben').welcome('B', 'n1').sends('join').joined(1, 'A 1').sends('publish').acked()
      ben.sends('leave').acked()
      return { logs: [ada, ben] }
    },
  ],
  'an update behind which a publication came to all nodes': [
    'gap',
    () => {
      const { ada, ben } = apart()
      ada.sends('update').sends('publish').acked()
      ben.sends('leave').acked()
      return { logs: [ada.left('B'), ben] }
    },
  ],
  'a member who flaps, and there was no outage': [
    'ghost',
    () => {
      const both = apart()
      flap(both)
      return { logs: [both.ada, both.ben] }
    },
  ],
  'a flap in the outage of others': [
    'ghost',
    () => {
      const both = apart()
      const { one } = outage('n2')
      flap(both)
      return { logs: [both.ada, both.ben], outages: [one] }
    },
  ],
  'a flap on one node, while others were out of reach': [
    'ghost',
    () => {
      const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).acked()
      const ben = new Forger('ben').welcome('B', 'n0').sends('join').joined(1, 'A 1').acked()
      ada.hears('peer-joined', 'B 1')
      const { one } = outage()
      flap({ ada, ben })
      return { logs: [ada, ben], outages: [one] }
    },
  ],
  'a flap after the outage was over': [
    'ghost',
    () => {
      const both = apart()
      const { one, over } = outage()
      over()
      flap(both)
      return { logs: [both.ada, both.ben], outages: [one] }
    },
  ],
  'a flap of somebody whose session was lost much later': [
    'ghost',
    () => {
      const { ada, ben } = apart()
      ada.left('B').hears('peer-joined', 'B 1')
      Forger.now += 5000
      ada.sends('publish').acked()
      ben.hears('publish', 'A 2').welcome('B2', 'n0')
      ada.left('B')
      return { logs: [ada, ben] }
    },
  ],
  'a member who never came back after an outage': [
    'ghost',
    () => {
      const { ada, ben } = apart()
      const { one, over } = outage()
      ada.left('B')
      flap({ ada: new Forger('nobody').welcome('N'), ben })
      over()
      return { logs: [ada, ben], outages: [one] }
    },
  ],
  'a member with the metadata of before the outage': [
    'gap',
    () => {
      const both = apart()
      const { one, over } = outage()
      flap(both, () => both.ada.sends('update').acked())
      over()
      return { logs: [both.ada, both.ben], outages: [one] }
    },
  ],
  'one that all nodes had dealt with before the outage began': [
    'gap',
    () => {
      const both = apart()
      both.ada.sends('publish').acked()
      const { one, over } = outage()
      flap(both)
      over()
      return { logs: [both.ada, both.ben], outages: [one] }
    },
  ],
  'the middle one of three before an outage': [
    'gap',
    () => {
      const both = apart()
      both.ada.sends('publish').sends('publish').sends('publish')
      const { one, over } = outage()
      both.ben.hears('publish', 'A 2').hears('publish', 'A 4')
      flap(both)
      both.ada.acked()
      over()
      return { logs: [both.ada, both.ben], outages: [one] }
    },
  ],
  'one that was said when they had found each other again': [
    'gap',
    () => {
      const both = apart()
      const { one, over } = outage()
      flap(both)
      both.ada.sends('publish').acked()
      over()
      return { logs: [both.ada, both.ben], outages: [one] }
    },
  ],
  'one that came before the outage, and again after it': [
    'duplicate',
    () => {
      const both = apart()
      both.ada.sends('publish')
      both.ben.hears('publish', 'A 2')
      const { one, over } = outage()
      flap(both)
      both.ada.acked()
      over()
      return { logs: [both.ada, both.ben.hears('publish', 'A 2')], outages: [one] }
    },
  ],
  'one that comes late, behind a later one': [
    'reordering',
    () => {
      const both = apart()
      both.ada.sends('publish').sends('publish')
      const { one, over } = outage()
      flap(both)
      over()
      both.ben.hears('publish', 'A 3').hears('publish', 'A 2')
      return { logs: [both.ada.acked(), both.ben], outages: [one] }
    },
  ],
  'a direct message that was acknowledged, outage or not': [
    'gap',
    () => {
      const both = apart()
      const { one, over } = outage()
      both.ada.sends('signal', 'B')
      flap(both)
      both.ada.acked()
      over()
      return { logs: [both.ada, both.ben], outages: [one] }
    },
  ],
  'a direct message that was dealt with before its receiver left': [
    'gap',
    () => {
      const { ada, ben } = apart()
      ada.sends('signal', 'B').acked()
      ben.sends('leave').acked()
      return { logs: [ada.left('B'), ben] }
    },
  ],
  'one that was refused and came, with nothing between the nodes': [
    'misdelivery',
    () => {
      const { ada, ben } = apart()
      ada.sends('signal', 'B').refused().acked()
      return { logs: [ada, ben.hears('signal', 'A 2')] }
    },
  ],
  'a refusal though the other was there all the time': [
    'unfounded',
    () => {
      const { ada, ben } = apart()
      ada.sends('signal', 'B').refused().acked()
      return { logs: [ada, ben] }
    },
  ],
  'one that was lost with a move': [
    'gap',
    () => {
      const { ada, ben } = apart()
      ada.sends('publish').sends('publish').acked()
      return { logs: [ada, ben.hears('publish', 'A 2').resumed(1, 'B', 'n0')] }
    },
  ],
  'one that came before a move and behind it': [
    'duplicate',
    () => {
      const { ada, ben } = apart()
      ada.sends('publish').acked()
      return { logs: [ada, ben.hears('publish', 'A 2').resumed(1, 'B', 'n0').hears('publish', 'A 2')] }
    },
  ],
  'a flap with a move': [
    'ghost',
    () => {
      const { ada, ben } = apart()
      ben.resumed(1, 'B', 'n0')
      return { logs: [ada.left('B').hears('peer-joined', 'B 1'), ben] }
    },
  ],
  'two on one node who disagree about what came from others': [
    'reordering',
    () => {
      const { ada, ben, cid, dan } = four()
      ada.sends('publish').hears('publish', 'B 2')
      ben.sends('publish').hears('publish', 'A 2')
      cid.hears('publish', 'A 2').hears('publish', 'B 2')
      return { logs: [ada, ben, cid, dan.hears('publish', 'B 2').hears('publish', 'A 2')] }
    },
  ],
}

/** Ada on n0, Ben on n1, Cid and Dan on n2; all know each other. */
function four() {
  const { ada, ben } = apart()
  const cid = new Forger('cid').welcome('C', 'n2').sends('join').joined(1, 'A 1', 'B 1').acked()
  for (const one of [ada, ben]) one.hears('peer-joined', 'C 1')
  const dan = new Forger('dan').welcome('D', 'n2').sends('join').joined(1, 'A 1', 'B 1', 'C 1').acked()
  for (const one of [ada, ben, cid]) one.hears('peer-joined', 'D 1')
  return { ada, ben, cid, dan }
}

/** Each is a story in which everybody was told of all that was lost, and what is counted. */
const EXCUSED: Readonly<Record<string, readonly [Partial<Record<ExcuseKind, number>>, Story]>> = {
  'what was said before the nodes had found each other': [
    {},
    () => {
      const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).sends('publish').acked()
      const ben = new Forger('ben').welcome('B', 'n1').sends('join').joined(1).sends('publish').acked()
      ada.hears('peer-joined', 'B 1').sends('publish').acked()
      ben.hears('peer-joined', 'A 1').hears('publish', 'A 3')
      return { logs: [ada, ben] }
    },
  ],
  'an outage, and what was said meanwhile': [
    { 'cut off': 2, missed: 3 },
    () => {
      const both = apart()
      const { one, over } = outage()
      both.ada.sends('publish')
      flap(both, () => {
        both.ada.sends('publish').sends('publish').acked()
        both.ben.sends('update')
      })
      over()
      both.ben.acked()
      both.ada.hears('update', 'B 2').sends('publish').acked()
      return { logs: [both.ada, both.ben.hears('publish', 'A 5')], outages: [one] }
    },
  ],
  'one that was refused when the other was out of reach, and came': [
    { 'cut off': 2, 'in doubt': 1 },
    () => {
      const both = apart()
      const { one, over } = outage('n1')
      both.ada.sends('signal', 'B')
      both.ben.hears('signal', 'A 2')
      flap(both, () => both.ada.refused().acked())
      over()
      return { logs: [both.ada, both.ben], outages: [one] }
    },
  ],
  'who was away while an outage came and went hears of it late': [
    { 'cut off': 1 },
    () => {
      const { ada, ben } = apart()
      const { one, over } = outage('n0')
      over()
      Forger.now += 20_000
      ben.resumed(1).left('A').hears('peer-joined', 'A 1')
      return { logs: [ada, ben], outages: [one] }
    },
  ],
  'a direct message that crosses the leaving of its receiver': [
    { crossed: 1 },
    () => {
      const { ada, ben } = apart()
      ada.sends('signal', 'B')
      ben.sends('leave').acked()
      return { logs: [ada.acked().left('B'), ben] }
    },
  ],
  'the same, where both were on one node when it was handed over, and it was taken by another': [
    { crossed: 1 },
    () => {
      const { ada, ben } = apart()
      ben.resumed(1, 'B', 'n0')
      ben.sends('leave')
      ada.sends('signal', 'B')
      ada.resumed(1, 'A', 'n2')
      ben.acked()
      return { logs: [ada.acked().left('B'), ben] }
    },
  ],
  'who left where both were, and comes back on another node, meets the others there, however long they have been':
    [
      {},
      () => {
        const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).acked()
        const ben = new Forger('ben').welcome('B', 'n0').sends('join').joined(1, 'A 1').acked()
        ada.hears('peer-joined', 'B 1').sends('publish').acked()
        ben.hears('publish', 'A 2').sends('leave').acked()
        ada.left('B').sends('publish').acked()
        ben.resumed(2, 'B', 'n1').sends('join').joined(3).hears('peer-joined', 'A 1').acked()
        ada.hears('peer-joined', 'B 3').sends('publish').acked()
        ben.hears('publish', 'A 4')
        return { logs: [ada, ben] }
      },
    ],
  'who joins in an outage where others are still believed to be there, and leaves before it is over': [
    { 'cut off': 1, missed: 3 },
    () => {
      const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).acked()
      const ben = new Forger('ben').welcome('B', 'n1').sends('join').joined(1, 'A 1').acked()
      ada.hears('peer-joined', 'B 1')
      const { one, over } = outage()
      const cid = new Forger('cid').welcome('C', 'n1').sends('join').joined(1, 'A 1', 'B 1').acked()
      ben.hears('peer-joined', 'C 1')
      const dan = new Forger('dan').welcome('D', 'n1').sends('join').joined(1, 'A 1', 'B 1', 'C 1').acked()
      for (const each of [ben, cid]) each.hears('peer-joined', 'D 1')
      ada.left('B').sends('publish').acked()
      cid.sends('leave').acked()
      for (const each of [ben, dan]) each.left('C')
      ada.sends('leave').acked()
      for (const each of [ben, dan]) each.left('A')
      over()
      return { logs: [ada, ben, cid, dan], outages: [one] }
    },
  ],
  'an update that is acknowledged before other nodes have it, and a member that left by then': [
    {},
    () => {
      const { ada, ben } = apart()
      ada.sends('update').acked()
      ben.sends('leave').acked()
      return { logs: [ada.left('B'), ben] }
    },
  ],
  'who leaves, comes back, and was not there for what was said meanwhile': [
    {},
    () => {
      const { ada, ben } = apart()
      ben.sends('leave')
      ada.sends('publish').left('B').acked()
      ben.acked().sends('join').joined(3, 'A 1').acked()
      ada.hears('peer-joined', 'B 3').sends('publish').acked()
      return { logs: [ada, ben.hears('publish', 'A 3')] }
    },
  ],
  'who comes back within an outage, to somebody who came before': [
    {},
    () => {
      const ada = new Forger('ada').welcome('A', 'n0').sends('join').joined(1).acked()
      const ben = new Forger('ben').welcome('B', 'n1').sends('join').joined(1, 'A 1').acked()
      ada.hears('peer-joined', 'B 1').sends('leave').acked()
      ben.left('A').sends('publish').sends('publish').acked()
      const { one, over } = outage()
      ada.sends('join').joined(3).acked()
      over()
      ben.hears('peer-joined', 'A 3')
      return { logs: [ada.hears('peer-joined', 'B 1'), ben], outages: [one] }
    },
  ],
  'who left itself learns nothing of others any more, and may be refused': [
    {},
    () => {
      const { ada, ben } = apart()
      const { one, over } = outage()
      ada.sends('signal', 'B').sends('leave')
      Forger.now += 5000
      ada.refused(2).acked()
      ben.left('A')
      over()
      return { logs: [ada, ben], outages: [one] }
    },
  ],
  'a session that is lost with its node is no flap': [
    {},
    () => {
      const { ada, ben } = apart()
      ada.sends('publish')
      ada.left('B').acked()
      ben.welcome('B2', 'n0').sends('join').joined(1, 'A 1').acked()
      return { logs: [ada.hears('peer-joined', 'B2 1'), ben] }
    },
  ],
  'a direct message to somebody whose node dies before it can say that it has come': [
    { 'in doubt': 1 },
    () => {
      const { ada, ben } = apart()
      ada.sends('signal', 'B')
      ben.hears('signal', 'A 2')
      ada.left('B').refused().acked()
      ben.welcome('B2', 'n2').sends('join').joined(1, 'A 1').acked()
      return { logs: [ada.hears('peer-joined', 'B2 1'), ben] }
    },
  ],
  'a session that moves, and nobody notices': [
    {},
    () => {
      const { ada, ben } = apart()
      ada.sends('publish').sends('signal', 'B').sends('publish').acked()
      ben.hears('publish', 'A 2').sends('publish').resumed(2, 'B', 'n0')
      ben.hears('signal', 'A 3').hears('publish', 'A 4').sends('publish').acked()
      ada.hears('publish', 'B 2').hears('publish', 'B 3')
      return { logs: [ada, ben] }
    },
  ],
  'members on different nodes who see two senders in different orders': [
    {},
    () => {
      const { ada, ben, cid, dan } = four()
      ada.sends('publish').hears('publish', 'B 2')
      ben.sends('publish').hears('publish', 'A 2')
      for (const one of [cid, dan]) one.hears('publish', 'B 2').hears('publish', 'A 2')
      return { logs: [ada, ben, cid, dan] }
    },
  ],
}

suite('faults/checker across nodes', (test) => {
  for (const [name, [kind, story]] of Object.entries(FORGERIES)) {
    test(`finds ${kind}: ${name}`, () => {
      const { logs, outages } = story()
      const found = kinds(logs, outages)
      assert.ok(found.includes(kind), `found ${found.length > 0 ? found : 'nothing'}`)
    })
  }

  for (const [name, [counts, story]] of Object.entries(EXCUSED)) {
    test(`excuses, and counts: ${name}`, () => {
      const { logs, outages } = story()
      const verdict = check(logs, outages)
      assert.is(describeFaults(verdict), '')
      assert.equal(verdict.excused, { crossed: 0, 'cut off': 0, missed: 0, 'in doubt': 0, ...counts })
    })
  }

  test('what an outage excuses is a fault without one', () => {
    for (const [{ 'cut off': cuts = 0 }, story] of Object.values(EXCUSED)) {
      assert.is(kinds(story().logs).length > 0, cuts > 0)
    }
  })
})
