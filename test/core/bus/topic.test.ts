import * as assert from 'uvu/assert'
import { checkTopic } from '../../../core/bus/topic.js'
import { suite } from '../../suite.js'

suite('bus/topic', (test) => {
  test('takes words with points between them', () => {
    for (const topic of ['a', 'signalbox.nodes', 'A-b_0.c', 'x'.repeat(120), `${'a.'.repeat(59)}ab`])
      checkTopic(topic)
  })

  test('refuses patterns, white space, empty words and what is too long, and shows little of it', () => {
    const bad = [
      '',
      '.',
      'a.',
      '.a',
      'a..b',
      '*',
      'a.*',
      'a.>',
      '>',
      'a b',
      'a\n',
      'a\r\nPUB x 1',
      'é',
      '$SYS',
      'a[b]',
      'a?',
    ]
    for (const topic of [...bad, 'x'.repeat(121), '\0'])
      assert.throws(() => checkTopic(topic), /^a topic is words of/, JSON.stringify(topic))
    assert.throws(
      () => checkTopic('é'.repeat(10_000)),
      (error: Error) => error.message.length < 300,
    )
  })
})
