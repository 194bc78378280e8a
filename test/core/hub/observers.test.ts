import * as assert from 'uvu/assert'
import type { HubEvent } from '../../../core/contracts/observer.js'
import { Observers } from '../../../core/hub/observers.js'
import { capturedLogger } from '../../captured-logger.js'
import { suite } from '../../suite.js'

const EVENT: HubEvent = { type: 'joined', peer: 'p', principal: 'ada', room: 'r' }

suite('observers', (test) => {
  test('each is told, in the order of the config, with its own `this`', () => {
    const told: string[] = []
    class Named {
      constructor(readonly name: string) {}
      observe(event: HubEvent) {
        told.push(`${this.name} ${event.type}`)
      }
    }
    const { logger } = capturedLogger()
    const observers = new Observers(
      [
        { name: 'a', observer: new Named('a') },
        { name: 'pages only', observer: {} },
        { name: 'b', observer: new Named('b') },
      ],
      logger,
    )
    observers.tell(EVENT)
    assert.equal(told, ['a joined', 'b joined'])
  })

  test('one that throws hurts neither the hub nor the next, and is named in the log', () => {
    let told = 0
    const { logger, lines } = capturedLogger()
    const broken = {
      observe() {
        throw new Error('broken')
      },
    }
    const observers = new Observers(
      [
        { name: 'bad', observer: broken },
        { name: 'good', observer: { observe: () => void told++ } },
      ],
      logger,
    )
    observers.tell(EVENT)
    observers.tell(EVENT)
    assert.is(told, 2)
    assert.equal([lines.length, lines[0]?.observer, lines[0]?.event], [2, 'bad', 'joined'])
  })

  test('one that answers with a rejection hurts nobody either', async () => {
    const { logger, lines } = capturedLogger()
    const observers = new Observers(
      [{ name: 'bad', observer: { observe: () => Promise.reject(new Error('later')) as never } }],
      logger,
    )
    observers.tell(EVENT)
    await new Promise(setImmediate)
    assert.equal([lines.length, lines[0]?.observer], [1, 'bad'])
  })
})
