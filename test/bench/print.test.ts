import * as assert from 'uvu/assert'
import { printResults } from '../../bench/print.js'
import { result } from '../../bench/report.js'
import { suite } from '../suite.js'

suite('bench/print', (test) => {
  test('latencies are one table for each load, the best tail first; what a server has no number for is a dash', (defer) => {
    const lines: string[] = []
    const { log } = console
    console.log = (line: string) => lines.push(line)
    defer(() => {
      console.log = log
    })
    const one = (what: string, variant: string, value: number, note?: string) =>
      result('latency', `calls ${what}`, variant, 'µs', [value], note)
    printResults([
      one('p50', 'slow', 20),
      one('p99', 'slow', 900, 'at 8000 messages/s'),
      one('gc', 'slow', 3),
      one('p50', 'fast', 10),
      one('p99', 'fast', 95),
    ])
    console.log = log
    const [title, head, ...rows] = lines
    assert.match(title!, /latency · calls$/)
    assert.match(head!, /p50 µs +p90 µs +p99 µs +p99\.9 µs +GC\/s/)
    assert.match(rows[0]!, /fast +10 +– +95 +– +– +– +–$/)
    assert.match(rows[1]!, /slow +20 +– +900 +– +3 +– +– {2}at 8000 messages\/s$/)
    assert.is(rows.length, 2)
  })

  test('a block is as wide as its longest name, and what is less than nothing has no ratio', (defer) => {
    const lines: string[] = []
    const { log } = console
    console.log = (line: string) => lines.push(line)
    defer(() => {
      console.log = log
    })
    const one = (variant: string, value: number) => result('cluster', 'added', variant, 'µs', [value])
    printResults([one('a name that is longer than others', 20), one('short', -5), one('nothing', 0)])
    console.log = log
    const rows = lines.slice(1)
    assert.equal(
      rows.map((row) => row.trim().split(/ {2,}/)[0]),
      ['short', 'nothing', 'a name that is longer than others'],
    )
    assert.is(new Set(rows.map((row) => row.indexOf('±'))).size, 1, rows.join('\n'))
    for (const row of rows) assert.not.match(row, /[×/]/)
  })
})
