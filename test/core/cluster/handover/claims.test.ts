import * as assert from 'uvu/assert'
import { Claims } from '../../../../core/cluster/handover/claims.js'
import { HANDOVER, REFUSAL, readClaim } from '../../../../core/cluster/handover/handover-records.js'
import { FakeClock } from '../../../contract/fake-clock.js'
import { rejection } from '../../../rejection.js'
import { suite } from '../../../suite.js'
import { RecordedLink } from '../recorded-link.js'

const wish = { hash: 'h'.repeat(43), seen: 5, principal: 'ada', address: '192.0.2.1' }
const setUp = () => {
  const clock = new FakeClock()
  return { clock, claims: new Claims(clock, 5000), link: new RecordedLink() }
}

suite('claims', (test) => {
  test('a claim is one record, and is settled by what the other node says', async () => {
    const { clock, claims, link } = setUp()
    const outcomes = ['here', 'none', 'elsewhere'].map(() => claims.ask(link, wish))
    const [first, second, third] = link.sent.map(({ type, body }) => {
      assert.is(type, HANDOVER.claim)
      return readClaim(body).claim
    })
    assert.is(claims.begun(first!, link), true)
    claims.arrived(first!, link)
    claims.refused(second!, link, REFUSAL.unknown)
    claims.elsewhere(third!, link, 'another node')
    assert.equal(await Promise.all(outcomes), ['here', 'none', { elsewhere: 'another node' }])
    assert.is(clock.pending, 0)
    assert.is(claims.begun(first!, link), false, 'nobody waits for it any more')
  })

  test('who cannot be reached is as good as dead; who is slow, before or after it has begun, is asked again', async () => {
    const { clock, claims, link } = setUp()
    link.isUp = false
    const unreachable = claims.ask(link, wish)
    clock.advance(2500)
    assert.is(await unreachable, 'none')
    link.isUp = true
    const code = async (asked: Promise<unknown>) => ((await rejection(asked)) as { code?: string }).code
    const silent = code(claims.ask(link, wish))
    clock.advance(2500)
    assert.is(await silent, 'E_TIMEOUT')
    const slow = code(claims.ask(link, wish))
    clock.advance(2400)
    claims.begun(readClaim(link.sent[1]!.body).claim, link)
    clock.advance(2400)
    clock.advance(100)
    assert.is(await slow, 'E_TIMEOUT')
  })

  test('over a link that opens it is asked when that is up; with one that is lost it fails', async () => {
    const { claims, link } = setUp()
    link.isUp = false
    const asked = claims.ask(link, wish)
    assert.is(link.sent.length, 0)
    link.isUp = true
    claims.up(link)
    assert.is(link.sent.length, 1)
    claims.down(link)
    assert.is(await asked, 'none')
  })

  test('another link, or an unknown number, settles nothing', async () => {
    const { claims, link } = setUp()
    const asked = claims.ask(link, wish)
    const { claim } = readClaim(link.sent[0]!.body)
    claims.arrived(claim, new RecordedLink())
    claims.refused(claim + 1, link, REFUSAL.unknown)
    claims.stop()
    assert.is(await asked, 'none')
  })

  test('bounded by address, IPv6 networks counted as one, and by node; then E_BUSY, which leaves the ticket good', async () => {
    const { claims, link } = setUp()
    const asked: Promise<unknown>[] = []
    for (let i = 0; i < 256; i++)
      asked.push(claims.ask(link, { ...wish, address: `2001:db8::${i.toString(16)}` }))
    const code = async (address: string) =>
      ((await rejection(claims.ask(link, { ...wish, address }))) as { code?: string }).code
    assert.is(await code('2001:db8::ffff'), 'E_BUSY')
    for (let i = 0; i < 768; i++)
      asked.push(claims.ask(link, { ...wish, address: `10.0.${i >> 8}.${i & 255}` }))
    assert.is(await code('192.0.2.77'), 'E_BUSY')
    assert.is(link.sent.length, 1024)
    claims.down(link)
    assert.ok((await Promise.all(asked)).every((outcome) => outcome === 'none'))
    const again = claims.ask(link, wish)
    claims.stop()
    assert.is(await again, 'none')
  })

  test('a refusal that is worth another attempt says so', async () => {
    const { claims, link } = setUp()
    const asked = [claims.ask(link, wish), claims.ask(link, wish)].map(rejection)
    claims.refused(readClaim(link.sent[0]!.body).claim, link, REFUSAL.busy)
    claims.refused(readClaim(link.sent[1]!.body).claim, link, REFUSAL.calledOff)
    const codes = (await Promise.all(asked)).map((error) => (error as { code?: string }).code)
    assert.equal(codes, ['E_BUSY', 'E_TIMEOUT'])
  })
})
