import * as assert from 'uvu/assert'
import type { Link } from '../../../../core/cluster/links/link.js'
import { Dice } from '../../../dice.js'
import { suite } from '../../../suite.js'
import { CALM, type End, Sea, TYPE } from '../rough-sea.js'

/** Both ends are one again, and all that is sent from now on arrives and is confirmed. */
function settles(sea: Sea, ms = 6000): void {
  const { a, b } = sea
  sea.weather = CALM
  sea.isCut = false
  for (const end of [a, b]) {
    end.isStopped = false
    if (!end.isBusUp) end.links.recover()
    end.isBusUp = true
  }
  sea.run(300) // what is on its way may be a word of a former life, which ends the present one
  for (const until = sea.now + ms; sea.now < until; sea.run(100)) assert.ok(a.link, 'somebody wants it')
  for (const end of [a, b]) assert.ok(end.say(), 'the link is up on both ends')
  sea.run(ms)
  for (const [one, other] of [
    [a, b],
    [b, a],
  ] as const) {
    assert.is(one.link.confirmed, one.link.position, 'everything is confirmed')
    assert.is(one.links.unconfirmedBytes, 0)
    assert.is(other.present!.from, one.present!.serial, 'both ends are of one life')
    assert.is(other.present!.received, one.present!.sent)
  }
  assert.equal([...a.faults, ...b.faults], [])
  for (const end of [a, b]) {
    for (const [link, life] of end.lives) assert.is(life.down, link !== end.link, 'what ended was told')
  }
}

/** What may happen to one of the ends, or to both. */
const MISHAPS: readonly ((sea: Sea, end: End) => void)[] = [
  (sea) => {
    sea.isCut = !sea.isCut
  },
  (_, end) => {
    end.isBusUp = !end.isBusUp
    if (end.isBusUp) end.links.recover()
  },
  (_, end) => {
    end.isStopped = !end.isStopped
  },
  (_, end) => end.restart(),
  (_, end) => end.links.drop((end.node.name === 'a' ? 'b' : 'a').repeat(16), 'a mishap'),
]

suite('core/cluster/links', (test) => {
  test('in any weather every life of a link brings everything exactly once and in order', () => {
    let lives = 0
    let repeated = 0
    for (let seed = 1; seed <= Number(process.env.SEEDS ?? 60); seed++) {
      const dice = new Dice(seed)
      const sea = new Sea(dice)
      sea.weather = { lost: dice.roll(30), doubled: dice.roll(30), delayMs: dice.roll(300) }
      for (let i = 0; i < 400; i++) {
        for (const end of [sea.a, sea.b]) for (let n = dice.roll(4); n > 0; n--) end.say(dice.roll(400))
        if (dice.roll(60) === 0) dice.pick(MISHAPS)(sea, dice.pick([sea.a, sea.b]))
        sea.step()
      }
      settles(sea)
      lives += sea.a.lives.size + sea.b.lives.size
      repeated += sea.a.links.repeated + sea.b.links.repeated
    }
    assert.ok(lives > 200, `only ${lives} lives: the weather was too fair`)
    assert.ok(repeated > 200, `only ${repeated} batches were sent again`)
  })

  test('without mishaps a link stays up, however much is lost', () => {
    for (let seed = 1; seed <= 20; seed++) {
      const sea = new Sea(new Dice(seed), 64 * 1024 * 1024)
      sea.weather = { lost: 30, doubled: 30, delayMs: 0 }
      while (!sea.a.say() || !sea.b.say()) sea.step()
      for (let i = 0; i < 300; i++) {
        sea.a.say(100)
        sea.b.say(100)
        sea.step()
      }
      settles(sea)
      assert.equal([sea.a.lives.size, sea.b.lives.size, sea.a.downs, sea.b.downs], [1, 1, 0, 0])
    }
  })

  test('both open at once: up after one exchange, and then there is silence', () => {
    const sea = new Sea(new Dice(1))
    assert.not.ok(sea.a.link.isUp || sea.b.link.isUp)
    for (let i = 0; i < 6; i++) sea.step()
    assert.ok(sea.a.link.isUp && sea.b.link.isUp)
    const { delivered } = sea
    sea.run(10_000)
    assert.is(sea.delivered, delivered, 'an idle link costs nothing')
  })

  test('one opens, the other end comes up with it', () => {
    const sea = new Sea(new Dice(1))
    assert.ok(sea.a.link)
    sea.run(100)
    assert.is(sea.b.lives.size, 1)
    settles(sea)
  })

  test('an end that has forgotten everything is noticed at the next word, on both sides', () => {
    for (const speaker of ['a', 'b'] as const) {
      const sea = new Sea(new Dice(1))
      settles(sea)
      sea.b.restart()
      assert.ok(speaker === 'a' ? sea.a.say() : sea.b.link)
      sea.run(100)
      assert.is(sea.a.downs, 1)
      settles(sea)
      assert.is(sea.a.lives.size, 2)
    }
  })

  test('a batch that was lost is asked for at once, not after a time-out', () => {
    const sea = new Sea(new Dice(1))
    settles(sea)
    sea.isCut = true
    sea.a.say()
    sea.step()
    sea.isCut = false
    sea.a.say()
    for (let i = 0; i < 6; i++) sea.step()
    assert.is(sea.b.present!.received, 3)
    assert.is(sea.a.links.repeated, 2)
  })

  test('while nothing is confirmed, the waits between repetitions grow to five seconds', () => {
    const sea = new Sea(new Dice(1))
    settles(sea)
    sea.isCut = true
    sea.a.say()
    sea.run(20_000)
    assert.ok(sea.a.links.repeated >= 6 && sea.a.links.repeated <= 8, `${sea.a.links.repeated} times`)
  })

  test('what is late is not lost: on a slow bus next to nothing is sent twice', () => {
    for (const delay of [400, 1000, 3000]) {
      const sea = new Sea(new Dice(1), 64 * 1024 * 1024)
      settles(sea)
      sea.latencyMs = delay
      for (let i = 0; i < 3000; i++) {
        sea.a.say(1000)
        sea.step()
      }
      assert.ok(sea.a.links.repeated < 150, `${sea.a.links.repeated} of 3000 batches were sent again`)
      sea.latencyMs = 0
      settles(sea)
      assert.is(sea.a.downs, 0)
    }
  })

  test('an end that stands still costs no more than the bound; then the link is given up, and told once', () => {
    const limit = 256 * 1024
    const sea = new Sea(new Dice(1), limit)
    settles(sea)
    sea.b.isStopped = true
    for (let i = 0; i < 3000; i++) {
      sea.a.say(200)
      sea.step()
      assert.ok(sea.a.links.unconfirmedBytes <= limit * 1.2, `${sea.a.links.unconfirmedBytes} bytes`)
    }
    assert.is(sea.a.downs, 1)
    settles(sea)
  })

  test('a long absence is made up for by at most a mebibyte at a time', () => {
    const sea = new Sea(new Dice(1), 64 * 1024 * 1024)
    settles(sea)
    sea.isCut = true
    for (let i = 0; i < 400; i++) {
      sea.a.say(10_000)
      sea.step()
    }
    sea.isCut = false
    const { repeated } = sea.a.links
    sea.run(2100)
    assert.ok(sea.a.links.repeated > repeated)
    settles(sea, 20_000)
    assert.is(sea.a.downs, 0)
    assert.is(sea.b.present!.received, sea.a.present!.sent)
  })

  test('what waits while the bus is away leaves when it is back', () => {
    const sea = new Sea(new Dice(1))
    settles(sea)
    sea.a.isBusUp = false
    for (let i = 0; i < 50; i++) {
      sea.a.say()
      sea.b.say()
      sea.step()
    }
    assert.ok(sea.a.links.unconfirmedBytes > 0)
    settles(sea)
    assert.equal([sea.a.downs, sea.b.downs], [0, 0])
  })

  test('records of a type that nobody listens to, and listeners that find a record bad, end the link', () => {
    const sea = new Sea(new Dice(1))
    settles(sea)
    sea.a.link.send(99, Buffer.of(1))
    sea.run(50)
    assert.equal([sea.a.downs, sea.b.downs], [1, 1])
    assert.match(String(sea.b.faults.pop()), /unknown type 99/)
    settles(sea)
  })

  test('a listener that throws when a link comes up or goes down breaks nothing for the others', () => {
    const sea = new Sea(new Dice(1))
    const told: string[] = []
    const broken = () => {
      throw new Error('broken')
    }
    sea.a.links.listen(20, 21, { up: broken, record: broken, confirmed: broken, down: broken })
    const note = (what: string) => (link: Link) => void told.push(`${what} ${link.node.name}`)
    sea.a.links.listen(21, 22, {
      up: note('up'),
      record() {},
      confirmed: note('confirmed'),
      down: note('down'),
    })
    assert.ok(sea.a.link)
    sea.run(100)
    sea.a.link.send(TYPE, Buffer.alloc(12))
    sea.a.links.drop('b'.repeat(16), 'a test')
    assert.equal(told, ['up b', 'down b'])
    assert.is(sea.a.faults.length, 2)
  })
})
