/** Starting and stopping workers; what they do in between, the tests beside this one try. */

import { createServer } from 'node:net'
import * as assert from 'uvu/assert'
import { ConfigError } from '../../../core/config/config-error.js'
import { createPrimary } from '../../../core/workers/primary.js'
import { capturedLogger } from '../../captured-logger.js'
import { crew, isAlive, LONG_MS } from '../../crew.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'
import { temporaryFolder } from '../../temporary-folder.js'

const door = JSON.stringify(new URL('../../../core/api.js', import.meta.url).href)
const QUIET = { listen: { port: 0 }, admin: false, page: false, log: { level: 'fatal' }, workers: 2 }

suite('workers/primary', (test) => {
  test(
    'a start that fails in a worker says why, and leaves no process and no port behind',
    async (defer) => {
      const directory = temporaryFolder(defer, {
        'bad.mjs': `import { definePlugin, Type } from ${door}
          export default definePlugin({ kind: 'policy', name: 'bad', description: 'Fails.', options: Type.Object({}),
            useClass: class { start() { throw new Error('no licence') } } })`,
      })
      const { logger, lines } = capturedLogger()
      const config = { ...QUIET, plugins: { policy: [{ use: './bad.mjs' }] } }
      const primary = await createPrimary(config, { logger, directory })
      assert.is((await rejection(primary.start())).message, 'policy/bad: start: no licence')
      assert.equal(
        lines.filter(({ msg }) => msg === 'a worker serves'),
        [],
      )
    },
    LONG_MS,
  )

  test(
    'a port that is taken ends the workers again; what is wrong with the config is a ConfigError, wherever it shows',
    async (defer) => {
      const holder = createServer()
      await new Promise<void>((resolve) => holder.listen(0, '127.0.0.1', resolve))
      defer(() => holder.close())
      const { port } = holder.address() as { port: number }
      const { logger, lines } = capturedLogger()
      const taken = await rejection((await createPrimary({ ...QUIET, listen: { port } }, { logger })).start())
      assert.instance(taken, ConfigError)
      assert.match(taken.message, /^listen: 127\.0\.0\.1:\d+ is taken;/)
      const pids = lines.flatMap(({ msg, worker, pid }) =>
        msg === 'a worker serves' && worker !== undefined ? [pid as number] : [],
      )
      assert.is(pids.length, 2)
      assert.not(pids.some(isAlive))
      // Only whoever makes the plugin finds this out: a worker.
      const open = { ...QUIET, listen: { host: '0.0.0.0', port: 0 } }
      const insecure = await rejection((await createPrimary(open, { logger })).start())
      assert.instance(insecure, ConfigError)
      assert.match(insecure.message, /^plugins\.auth\[0\]\.options\.insecure: /)
    },
    LONG_MS,
  )

  test('a config that is wrong makes no primary', async () => {
    const { message } = await rejection(createPrimary({ workers: 2, plugins: { auth: [{ use: 'jtw' }] } }))
    assert.match(message, /^plugins\.auth\[0\]\.use: there is no such plugin/)
  })

  test(
    'without an admin listener there is none in the workers either, and they serve all the same',
    async (defer) => {
      const { primary, adminUrl, client, lines } = await crew(defer, 'wasm', { admin: false })
      assert.is(adminUrl, '')
      const one = await client('room=kitchen')
      await primary.stop()
      assert.is((await one.closed).code, 4000)
      assert.is(lines.at(-1)?.msg, 'stopped')
    },
    LONG_MS,
  )

  test(
    'one worker is possible too: it may become more',
    async (defer) => {
      const { client, url } = await crew(defer, 'wasm', { workers: 1, page: true })
      assert.equal((await (await client('room=kitchen')).next('joined')).peers, [])
      assert.is((await fetch(url)).status, 200)
    },
    LONG_MS,
  )
})
