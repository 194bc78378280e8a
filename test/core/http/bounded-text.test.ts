import * as assert from 'uvu/assert'
import { boundedText } from '../../../core/http/bounded-text.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'

suite('bounded-text', (test) => {
  test('gives the whole text up to the bound, and nothing of what is longer', async () => {
    assert.is(await boundedText(new Response('grüß'), 6), 'grüß')
    assert.is(await boundedText(new Response(null), 0), '')
    const { message } = await rejection(boundedText(new Response('grüß!'), 6))
    assert.is(message, 'the answer is longer than 6 bytes')
  })
})
