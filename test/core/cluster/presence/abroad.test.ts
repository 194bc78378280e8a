import * as assert from 'uvu/assert'
import type { Link } from '../../../../core/cluster/links/link.js'
import { Abroad, type Sight } from '../../../../core/cluster/presence/abroad.js'
import type { RemoteMember } from '../../../../core/cluster/presence/remote-member.js'
import { suite } from '../../../suite.js'

const makeMember = (id: string, link: Link, principal = ''): RemoteMember => ({
  ...{ id, link, principal, data: 'null', stamp: 1, away: false },
})

suite('abroad', (test) => {
  test('a member is found by its id and its principal, and stands with the node that told of it', () => {
    const abroad = new Abroad()
    const link = {} as Link
    const sight = { link, members: new Set(), stale: new Set() } as unknown as Sight
    abroad.sights.set(link, sight)
    const ada = makeMember('ada', link, 'principal')
    abroad.add(ada)
    assert.ok(abroad.members.get('ada') === ada && abroad.twinOf('principal') === ada)
    assert.is(sight.members.size, 1)
    sight.stale.add(ada)
    assert.ok(abroad.delete('ada') === ada)
    assert.equal([abroad.members.size, sight.members.size, sight.stale.size], [0, 0, 0])
    assert.equal([abroad.twinOf('principal'), abroad.delete('ada')], [undefined, undefined])
  })

  test('whoever leaves takes no other one of the same principal along', () => {
    const abroad = new Abroad()
    const link = {} as Link
    const [first, second] = [makeMember('first', link, 'p'), makeMember('second', link, 'p')]
    abroad.add(first)
    abroad.add(second)
    abroad.delete('first')
    assert.ok(abroad.twinOf('p') === second)
  })
})
