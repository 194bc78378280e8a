import { join } from 'node:path'
import * as assert from 'uvu/assert'
import { readReport, result } from '../../bench/report.js'
import { suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'

suite('bench/report', (test) => {
  test('a result has the shape that the guide promises', () => {
    assert.equal(result('peers', 'calls-w1', 'ws-naive', 'deliveries/s', [2, 4, 3]), {
      suite: 'peers',
      case: 'calls-w1',
      variant: 'ws-naive',
      unit: 'deliveries/s',
      median: 3,
      min: 2,
      max: 4,
      samples: [2, 4, 3],
    })
    assert.is(result('peers', 'calls-w1', 'peer', 'deliveries/s', [1], 'why').note, 'why')
  })

  test('what is no report is refused in one line that names the file', (defer) => {
    const folder = temporaryFolder(defer, {
      'text.json': 'hello',
      'other.json': '{"results":1}',
      'null.json': 'null',
    })
    for (const name of ['text.json', 'other.json', 'null.json', 'absent.json']) {
      assert.throws(
        () => readReport(join(folder, name)),
        (error: Error) => error.message.includes(name) && !error.message.includes('\n'),
      )
    }
  })
})
