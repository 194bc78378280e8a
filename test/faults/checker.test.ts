import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { check, describeFaults, faultsIn } from './checker.js'
import { couple, Forger, kinds, trio } from './forger.js'
import type { FaultKind } from './history.js'
import type { Log } from './log.js'

/** Each is a story with one thing wrong, and what the checker must call it. */
const FORGERIES: Readonly<Record<string, readonly [FaultKind, () => Log[]]>> = {
  'a publish that never came': [
    'gap',
    () => {
      const { ada, ben } = couple()
      return [ada.sends('publish').acked(), ben]
    },
  ],
  'the middle one of three': [
    'gap',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish').sends('publish').sends('publish')
      return [ada, ben.hears('publish', 'A 2').hears('publish', 'A 4')]
    },
  ],
  'the first one, sent after the member was known': [
    'gap',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish').sends('publish')
      return [ada, ben.hears('publish', 'A 3')]
    },
  ],
  'the first ones of a newcomer': [
    'gap',
    () => {
      const { ada, ben } = couple()
      ben.sends('publish').sends('publish')
      return [ada.hears('publish', 'B 3'), ben]
    },
  ],
  'one that was dealt with before the member left': [
    'gap',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish').acked()
      ben.sends('leave').acked()
      return [ada.left('B'), ben]
    },
  ],
  'one before its sender left': [
    'gap',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish').sends('leave').acked()
      return [ada, ben.left('A')]
    },
  ],
  'one that was acknowledged before its sender was gone': [
    'gap',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish').acked().ended()
      return [ada, ben.left('A')]
    },
  ],
  'a direct message that was acknowledged': [
    'gap',
    () => {
      const { ada, ben } = couple()
      return [ada.sends('signal', 'B').acked(), ben]
    },
  ],
  'one across a resume': [
    'gap',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish').sends('publish').acked()
      return [ada, ben.hears('publish', 'A 2').resumed(1)]
    },
  ],
  'metadata that is old': [
    'gap',
    () => {
      const { ada, ben } = couple()
      return [ada.sends('update').acked(), ben]
    },
  ],
  'a member nobody spoke of': [
    'gap',
    () => {
      const { ada, ben } = couple()
      const cid = new Forger('cid').welcome('C').sends('join').joined(1, 'A 1', 'B 1').acked()
      return [ada.hears('peer-joined', 'C 1'), ben, cid.sends('leave')]
    },
  ],
  'a publish twice': [
    'duplicate',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish')
      return [ada, ben.hears('publish', 'A 2').hears('publish', 'A 2')]
    },
  ],
  'a direct message again after a resume': [
    'duplicate',
    () => {
      const { ada, ben } = couple()
      ada.sends('signal', 'B')
      return [ada, ben.hears('signal', 'A 2').resumed(1).hears('signal', 'A 2')]
    },
  ],
  'a join twice': [
    'duplicate',
    () => {
      const { ada, ben } = couple()
      return [ada.hears('peer-joined', 'B 1'), ben]
    },
  ],
  'a departure twice': [
    'duplicate',
    () => {
      const { ada, ben } = couple()
      return [ada.left('B').left('B'), ben.sends('leave').acked()]
    },
  ],
  'two publishes swapped': [
    'reordering',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish').sends('publish')
      return [ada, ben.hears('publish', 'A 3').hears('publish', 'A 2')]
    },
  ],
  'a direct message that overtook a publish': [
    'reordering',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish').sends('signal', 'B')
      return [ada, ben.hears('signal', 'A 3').hears('publish', 'A 2')]
    },
  ],
  'two members who disagree': [
    'reordering',
    () => {
      const { ada, ben, cid } = trio()
      const dan = new Forger('dan').welcome('D').sends('join').joined(1, 'A 1', 'B 1', 'C 1').acked()
      for (const one of [ada, ben, cid]) one.hears('peer-joined', 'D 1')
      ada.sends('publish').hears('publish', 'B 2')
      ben.sends('publish').hears('publish', 'A 2')
      cid.hears('publish', 'A 2').hears('publish', 'B 2')
      return [ada, ben, cid, dan.hears('publish', 'B 2').hears('publish', 'A 2')]
    },
  ],
  'a direct message for somebody else': [
    'misdelivery',
    () => {
      const { ada, ben, cid } = trio()
      ada.sends('signal', 'B')
      return [ada, ben, cid.hears('signal', 'A 2')]
    },
  ],
  'the wrong room': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish', undefined, 'elsewhere')
      return [ada, ben.hears('publish', 'A 2')]
    },
  ],
  'the wrong bytes': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      ada.sends('publish')
      return [ada, ben.hears('publish', 'A 2', { mark: 'A 2 y' })]
    },
  ],
  'bytes of nobody': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      return [ada, ben.hears('publish', 'A 7')]
    },
  ],
  'the wrong sender': [
    'misdelivery',
    () => {
      const { ada, ben, cid } = trio()
      ada.sends('publish')
      return [ada, ben.hears('publish', 'A 2', { from: 'C' }), cid]
    },
  ],
  'the wrong kind': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      ada.sends('update')
      return [ada, ben.hears('publish', 'A 2')]
    },
  ],
  'an echo': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      return [ada.sends('publish').hears('publish', 'A 2'), ben]
    },
  ],
  'one that was refused': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      ada.sends('signal', 'B').refused()
      return [ada, ben.hears('signal', 'A 2')]
    },
  ],
  'somebody outside': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      const cid = new Forger('cid').welcome('C')
      ada.sends('publish')
      return [ada, ben.hears('publish', 'A 2'), cid.hears('publish', 'A 2')]
    },
  ],
  'somebody who has left': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      ben.sends('leave').acked()
      ada.left('B').sends('publish')
      return [ada, ben.hears('publish', 'A 2')]
    },
  ],
  'a peer id that two have': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      return [ada, ben, new Forger('cid').welcome('A')]
    },
  ],
  'a resume as somebody else': [
    'misdelivery',
    () => {
      const { ada, ben } = couple()
      return [ada.resumed(1, 'B'), ben]
    },
  ],
  'a departure that never was': [
    'ghost',
    () => {
      const { ada, ben } = couple()
      return [ada.left('B'), ben]
    },
  ],
  'a departure nobody heard of': [
    'ghost',
    () => {
      const { ada, ben } = couple()
      return [ada, ben.sends('leave').acked()]
    },
  ],
  'a member who is gone with its session': [
    'ghost',
    () => {
      const { ada, ben } = couple()
      return [ada, ben.ended()]
    },
  ],
  'a member nobody knows': [
    'ghost',
    () => {
      const { ada, ben } = couple()
      return [ada.hears('peer-joined', 'Z 1'), ben]
    },
  ],
  'a member in the list who never joined': [
    'ghost',
    () => {
      const ada = new Forger('ada').welcome('A').sends('join').joined(1, 'Z 1').acked()
      return [ada]
    },
  ],
  'a message from somebody who is not there': [
    'ghost',
    () => {
      const ada = new Forger('ada').welcome('A').sends('join').joined(1).acked()
      const ben = new Forger('ben').welcome('B').sends('join').joined(1, 'A 1').acked().sends('publish')
      return [ada.hears('publish', 'B 2').hears('peer-joined', 'B 1'), ben]
    },
  ],
  'an acknowledgement of nothing': [
    'unfounded',
    () => {
      const { ada, ben } = couple()
      return [ada.acked(9), ben]
    },
  ],
  'a refusal of nothing': [
    'unfounded',
    () => {
      const { ada, ben } = couple()
      return [ada.refused(9), ben]
    },
  ],
  'an acknowledgement that was taken back': [
    'unfounded',
    () => {
      const { ada, ben } = couple()
      return [ada.resumed(0), ben]
    },
  ],
  'a welcome to a room nobody asked for': ['unfounded', () => [new Forger('ada').welcome('A').joined(1)]],
}

suite('faults/checker', (test) => {
  test('finds nothing in logs of a day on which all went well', () => {
    const { ada, ben, cid } = trio()
    ada.sends('publish').sends('signal', 'B').sends('update')
    for (const one of [ben, cid]) one.hears('publish', 'A 2')
    ben.hears('signal', 'A 3')
    for (const one of [ben, cid]) one.hears('update', 'A 4')
    ada.acked()
    // Cid is lost, and comes back as somebody else; what was under way is of no account.
    cid.sends('publish').welcome('C2')
    for (const one of [ada, ben]) one.left('C')
    cid.sends('join').joined(1, 'A 4', 'B 1').acked()
    for (const one of [ada, ben]) one.hears('peer-joined', 'C2 1')
    // Ben resumes: what was dealt with is known, what he missed comes.
    ada.sends('publish').acked()
    cid.hears('publish', 'A 5')
    ben.resumed(1).acked(1).hears('publish', 'A 5')
    // Ben leaves and comes back; then he says goodbye.
    ben.sends('leave').acked()
    for (const one of [ada, cid]) one.left('B')
    ada.sends('publish').sends('signal', 'B').refused().acked()
    cid.hears('publish', 'A 6')
    ben.sends('join').joined(3, 'A 4', 'C2 1').acked()
    for (const one of [ada, cid]) one.hears('peer-joined', 'B 3')
    ben.sends('publish').acked()
    for (const one of [ada, cid]) one.hears('publish', 'B 4')
    ben.ended()
    for (const one of [ada, cid]) one.left('B')
    // Dan left, was acknowledged, and resumed: what he had missed before that comes behind what he knows already.
    const dan = new Forger('dan').welcome('D').sends('join').joined(1, 'A 4', 'C2 1').acked()
    for (const one of [ada, cid]) one.hears('peer-joined', 'D 1')
    ada.sends('publish').acked()
    cid.hears('publish', 'A 8')
    dan.sends('leave')
    for (const one of [ada, cid]) one.left('D')
    dan.resumed(2).acked(2).hears('publish', 'A 8')
    // Eve wanted to leave, but nobody heard her: her session is lost with her wish.
    const eve = new Forger('eve').welcome('E').sends('join').joined(1, 'A 4', 'C2 1').acked()
    for (const one of [ada, cid]) one.hears('peer-joined', 'E 1')
    ada.sends('publish').acked()
    cid.hears('publish', 'A 9').left('E')
    ada.left('E')
    eve.sends('leave').welcome('E2')
    const verdict = check([ada, ben, cid, dan, eve])
    assert.is(describeFaults(verdict), '')
    assert.is(faultsIn(verdict), 0)
    const { sessions, lost, sent, acknowledged, refused } = verdict
    assert.equal(
      { sessions, lost, sent, acknowledged, refused },
      {
        sessions: 7,
        lost: 2,
        sent: 20,
        acknowledged: 18,
        refused: 1,
      },
    )
  })

  for (const [name, [kind, forge]] of Object.entries(FORGERIES)) {
    test(`finds ${kind}: ${name}`, () => {
      const found = kinds(forge())
      assert.ok(found.includes(kind), `found ${found.length > 0 ? found : 'nothing'}`)
    })
  }

  test('counts all, and keeps the first of each kind for people', () => {
    const { ada, ben } = couple()
    for (let i = 0; i < 30; i++) ada.sends('publish')
    ada.acked()
    const verdict = check([ada, ben])
    assert.is(verdict.counts.gap, 30)
    assert.is(verdict.faults.length, 10)
    assert.match(describeFaults(verdict), /^gap: ben \(B\): never got publish 2 of ada \(A\) in r\n/)
  })
})
