import { Counter, Gauge, Histogram, Registry } from 'prom-client'
import * as assert from 'uvu/assert'
import { mergeExpositions } from '../../../core/workers/exposition.js'
import { suite } from '../../suite.js'

const page = (figure: number) => `# HELP peers Peers now.
# TYPE peers gauge
peers ${figure}

# HELP refused_total Refused, by "code".
# TYPE refused_total counter
refused_total{code="E_\\"}{"} ${figure}
refused_total{code="E_ROOM"} 1
`

suite('workers/exposition', (test) => {
  test('each metric is described once, and its samples stand together, told apart by the label', () => {
    assert.is(
      mergeExpositions('worker', [
        ['w0', page(1)],
        ['w1', page(2)],
      ]),
      `# HELP peers Peers now.
# TYPE peers gauge
peers{worker="w0"} 1
peers{worker="w1"} 2

# HELP refused_total Refused, by "code".
# TYPE refused_total counter
refused_total{worker="w0",code="E_\\"}{"} 1
refused_total{worker="w0",code="E_ROOM"} 1
refused_total{worker="w1",code="E_\\"}{"} 2
refused_total{worker="w1",code="E_ROOM"} 1
`,
    )
  })

  test('what only one has is there too; pages in another order, or without descriptions, are merged all the same', () => {
    const merged = mergeExpositions('worker', [
      ['w0', 'b 1\na 1\n# EOF\n'],
      ['w1', '# TYPE a counter\n# HELP a A.\na 2\n# TYPE c gauge\nc 3\nb 2'],
    ])
    const names = [...merged.matchAll(/^(\w+)\{/gm)].map(([, name]) => name)
    assert.equal(names.toSorted(), ['a', 'a', 'b', 'b', 'c'])
    assert.match(merged, /^# TYPE a counter\n# HELP a A.\na\{worker="w0"\} 1\na\{worker="w1"\} 2\n$/m)
  })

  test('histograms of prom-client keep their buckets in order', async () => {
    const texts = await Promise.all(
      [1, 2].map((figure) => {
        const registers = [new Registry()]
        new Histogram({ name: 'delay', help: 'Delay.', buckets: [1, 2], registers }).observe(figure)
        new Counter({ name: 'sent_total', help: 'Sent.', labelNames: ['to'], registers }).inc({ to: 'x' })
        new Gauge({ name: 'open', help: 'Open.', registers }).set(figure)
        return registers[0]!.metrics()
      }),
    )
    const merged = mergeExpositions('worker', [
      ['w0', texts[0]!],
      ['w1', texts[1]!],
    ])
    assert.is(merged.match(/^# TYPE/gm)!.length, 3)
    assert.equal(
      [...merged.matchAll(/^delay_bucket\{(.*)\} (\d)$/gm)].map(([, labels, count]) => `${labels} ${count}`),
      [
        'worker="w0",le="1" 1',
        'worker="w0",le="2" 1',
        'worker="w0",le="+Inf" 1',
        'worker="w1",le="1" 0',
        'worker="w1",le="2" 1',
        'worker="w1",le="+Inf" 1',
      ],
    )
    assert.match(merged, /delay_sum\{worker="w1"\} 2\n/)
  })
})
