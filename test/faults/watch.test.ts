import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { Watch } from './watch.js'

/** A stream that keeps what is written to it. */
function paper(isTTY: boolean) {
  const lines: string[] = []
  const out = { isTTY, write: (text: string) => lines.push(text) } as unknown as NodeJS.WriteStream
  return { lines, out }
}

suite('faults/watch', (test) => {
  test('a terminal has one line, that goes when an experiment ends', () => {
    const { lines, out } = paper(true)
    const watch = new Watch(60, out)
    const end = watch.begin('storm (js)', 30)
    watch.show('a tenth of it', 0.1)
    assert.match(lines.at(-1)!, /storm \(js\): a tenth of it, about 57 s left$/)
    assert.match(end(), /^\d+ s$/)
    assert.is(lines.at(-1), '\r\x1b[K')
    watch.begin('drain (js)', 30)
    watch.show('the rest', 0)
    assert.match(lines.at(-1)!, /drain \(js\): the rest, about \d+ s left$/)
  })

  test('a log is told now and then', () => {
    const { lines, out } = paper(false)
    const watch = new Watch(60, out)
    watch.begin('storm (js)', 30)
    for (let i = 0; i < 100; i++) watch.show('going on', i / 100)
    assert.ok(lines.length <= 1)
  })
})
