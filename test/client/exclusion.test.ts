import * as assert from 'uvu/assert'
import { WebSocket } from 'ws'
import { errorOfExclusion } from '../../client/exclusion.js'
import { connect, type Room, type SignalboxError } from '../../client/index.js'
import { liveServer } from '../live-server.js'
import { rejection } from '../rejection.js'
import { ENGINES, suite } from '../suite.js'

const MOD = 'the token of the moderator'
const GUEST = 'the token of all the guests'
const TOKENS = [
  { token: MOD, name: 'mod', grants: { moderate: true } },
  { token: GUEST, name: 'guest' },
]

suite('client exclusion', (test) => {
  test('says what the server said', () => {
    const denied = errorOfExclusion({ type: 'denied', room: 'a', code: 'E_NOT_ADMITTED', message: 'no' })
    assert.equal([denied.code, denied.message], ['E_NOT_ADMITTED', 'no'])
    const kicked = errorOfExclusion({ type: 'kicked', room: 'a', reason: 'spam' })
    assert.equal([kicked.code, kicked.message], ['E_KICKED', 'spam'])
  })
})

for (const engine of ENGINES) {
  suite(`client exclusion (${engine})`, (test) => {
    test('who is denied rejects, who is admitted joins, who is kicked has left', async (defer) => {
      const live = await liveServer(defer, engine, {
        rooms: [{ match: 'a', door: 'lobby' }],
        plugins: { auth: [{ use: 'token', options: { tokens: TOKENS } }] },
      })
      const url = `${live.url.replace(/^http/, 'ws')}/signal`
      const guest = async (room?: string) => {
        const session = await connect(url, {
          token: GUEST,
          WebSocket: WebSocket as never,
          ...(room === undefined ? {} : { room }),
        })
        defer(() => session.close())
        return session
      }
      const mod = await live.client({ token: MOD, query: 'room=a' })
      const decide = async (data: object) => {
        const { peer } = await mod.next('knock')
        mod.send({ type: 'moderate', room: 'a', data: { ...data, peer: peer.id } })
      }
      const session = await guest()
      const refused = rejection<SignalboxError>(session.join('a'))
      await decide({ action: 'deny', reason: 'not you' })
      const error = await refused
      assert.equal([error.code, error.message], ['E_NOT_ADMITTED', 'not you'])

      const joining = session.join('a')
      await decide({ action: 'admit' })
      const room: Room = await joining
      const left = new Promise<SignalboxError | undefined>((resolve) =>
        room.on('state', ({ state, error: why }) => state === 'left' && resolve(why)),
      )
      mod.send({ type: 'moderate', room: 'a', data: { action: 'kick', peer: session.id, reason: 'spam' } })
      assert.is((await left)?.code, 'E_KICKED')
    })
  })
}
