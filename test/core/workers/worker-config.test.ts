// biome-ignore-all lint/suspicious/noTemplateCurlyInString: references of a config look like templates
import * as assert from 'uvu/assert'
import { parseConfig } from '../../../core/config/load.js'
import { workerConfig } from '../../../core/workers/worker-config.js'
import { suite } from '../../suite.js'

const TERMS = { id: 'w3', name: 'front', token: 'a token of some length' }

const made = (written: object) =>
  workerConfig(written, parseConfig(written, '.', { SECRET: '${env:OTHER}' }), TERMS)

suite('workers/worker-config', (test) => {
  test('one process with a name, a private admin listener, and the bus between workers', () => {
    assert.equal(made({ workers: 4, engine: 'js', admin: { port: 9000, token: 'sixteen characters' } }), {
      workers: 1,
      engine: 'js',
      admin: { host: '127.0.0.1', port: 0, token: TERMS.token },
      cluster: { name: 'front/w3' },
      plugins: { bus: [{ use: 'ipc' }] },
    })
  })

  test('references stay what they are: whoever reads them replaces them, once', () => {
    const plugins = { auth: [{ use: 'jwt', options: { secret: '${env:SECRET}' } }] }
    assert.equal((made({ plugins }) as { plugins: object }).plugins, { ...plugins, bus: [{ use: 'ipc' }] })
  })

  test('what says something of all workers is not lost', () => {
    const written = {
      cluster: { name: 'front', region: 'eu' },
      sessions: { file: 'kept/sessions' },
      admin: false,
      plugins: { bus: [{ use: 'local', options: { exchange: 'x' } }] },
    }
    const { cluster, sessions, admin, plugins } = made(written) as Record<string, unknown>
    assert.equal(cluster, { name: 'front/w3', region: 'eu' })
    assert.equal(sessions, { file: 'kept/sessions.w3' })
    assert.is(admin, false)
    assert.equal(plugins, { bus: [{ use: 'ipc' }] })
  })

  test('a bus that reaches other processes is theirs too', () => {
    const plugins = { bus: [{ use: 'nats', options: { servers: ['nats://127.0.0.1:4222'] } }] }
    assert.equal((made({ plugins }) as { plugins: object }).plugins, plugins)
  })
})
