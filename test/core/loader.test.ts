import { join } from 'node:path'
import { Type } from 'typebox'
import * as assert from 'uvu/assert'
import type { ConfigError } from '../../core/config/config-error.js'
import type { Entry } from '../../core/config/schema.js'
import type { Policy } from '../../core/contracts/policy.js'
import { type Injectable, injected, Scope, token } from '../../core/di.js'
import { type Found, find, importPlugin, make, shipped } from '../../core/loader.js'
import { definePlugin, type Kind, START_ORDER } from '../../core/plugin.js'
import { BUS, HUB, LOGGER, OPTIONS } from '../../core/tokens.js'
import { capturedLogger } from '../captured-logger.js'
import { rejection } from '../rejection.js'
import { suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'

const door = new URL('../../core/api.js', import.meta.url).href

/** The text of a plugin module, as someone else would write it in JavaScript. */
const pluginText = (kind: Kind, options = '{}') => `
  import { definePlugin, Type } from ${JSON.stringify(door)}
  export default definePlugin({
    kind: '${kind}', name: 'mine', description: 'Mine.', options: Type.Object(${options}), useClass: class {},
  })`

/** What a config names, kind by kind; the rest has none. */
const entries = (given: Partial<Record<Kind, Entry[]>>) =>
  Object.fromEntries(START_ORDER.map((kind) => [kind, given[kind] ?? []])) as Record<Kind, Entry[]>

const problemOf = async (kind: Kind, use: string, directory = '.'): Promise<string> =>
  (await rejection<ConfigError>(importPlugin(kind, use, directory, 'plugins.x[0].use'))).message

suite('loader: finding', (test) => {
  test('the file name is the registry: every shipped plugin is what its folder and name say', async () => {
    for (const kind of START_ORDER) {
      assert.ok(shipped(kind).length > 0, kind)
      for (const name of shipped(kind)) {
        const plugin = await importPlugin(kind, name, '.', 'use')
        assert.equal([plugin.kind, plugin.name], [kind, name])
        assert.match(plugin.description, /^[A-Z].*\.$/)
      }
    }
  })

  test('a path starts at the folder of the config', async (defer) => {
    const folder = temporaryFolder(defer, { 'sub/mine.mjs': pluginText('policy') })
    for (const use of ['./sub/mine.mjs', '../sub/mine.mjs', join(folder, 'sub/mine.mjs')]) {
      const plugin = await importPlugin(
        'policy',
        use,
        use.startsWith('..') ? join(folder, 'sub') : folder,
        'use',
      )
      assert.is(plugin.name, 'mine', use)
    }
  })

  test("a package is found from the config's folder too", async (defer) => {
    const folder = temporaryFolder(defer, {
      'node_modules/signalbox-mine/package.json': '{"type":"module","exports":"./index.js"}',
      'node_modules/signalbox-mine/index.js': pluginText('observer'),
    })
    assert.is((await importPlugin('observer', 'signalbox-mine', folder, 'use')).name, 'mine')
  })

  test('a name that is nearly a shipped one is suggested', async () => {
    assert.is(
      await problemOf('auth', 'jtw'),
      'plugins.x[0].use: there is no such plugin: "jtw"; did you mean "jwt"?',
    )
  })

  test('a name, a package or a path that leads nowhere is told what there is', async (defer) => {
    const folder = temporaryFolder(defer)
    const hint = `shipped are: ${shipped('auth').join(', ')}`
    for (const use of ['kerberos-over-carrier-pigeon', '@scope/nothing-there', './nothing/there.js']) {
      assert.is(
        await problemOf('auth', use, folder),
        `plugins.x[0].use: there is no such plugin: "${use}"; ${hint}`,
      )
    }
  })

  test('a plugin of another kind says where it belongs', async (defer) => {
    const folder = temporaryFolder(defer, { 'mine.mjs': pluginText('policy') })
    assert.is(
      await problemOf('auth', './mine.mjs', folder),
      'plugins.x[0].use: "./mine.mjs" is a plugin of kind policy; move it to plugins.policy',
    )
  })

  test('a module that exports no plugin says what to export', async (defer) => {
    const folder = temporaryFolder(defer, {
      'none.mjs': 'export const plugin = 1',
      'null.mjs': 'export default null',
      'other.mjs': 'export default { kind: "auth" }',
    })
    for (const use of ['./none.mjs', './null.mjs', './other.mjs']) {
      assert.match(
        await problemOf('auth', use, folder),
        /has no plugin as its default export; export default/,
      )
    }
  })

  test('a module that fails to load says why, and is not called missing', async (defer) => {
    const folder = temporaryFolder(defer, {
      'throws.mjs': 'throw new Error("no licence\\nstack")',
      'syntax.mjs': 'export default {',
      'imports.mjs': 'import "a-library-that-is-not-installed"',
    })
    const start = 'plugins.x[0].use: '
    assert.is(
      await problemOf('auth', './throws.mjs', folder),
      `${start}"./throws.mjs" can't be loaded: no licence`,
    )
    assert.match(await problemOf('auth', './syntax.mjs', folder), /"\.\/syntax\.mjs" can't be loaded: /)
    assert.match(
      await problemOf('auth', './imports.mjs', folder),
      /"\.\/imports\.mjs" can't be loaded: Cannot find package 'a-library-that-is-not-installed'/,
    )
  })

  test('options are checked, filled in and frozen; all problems of all plugins come at once', async (defer) => {
    const directory = temporaryFolder(defer, {
      'mine.mjs': pluginText('policy', '{ perSecond: Type.Integer({ default: 5 }) }'),
    })
    const [found] = await find(entries({ policy: [{ use: './mine.mjs' }] }), directory)
    assert.equal(found!.options, { perSecond: 5 })
    assert.ok(Object.isFrozen(found!.options))
    assert.is(found!.path, 'plugins.policy[0]')
    const wrong = entries({
      transport: [{ use: 'sw' }],
      policy: [{ use: './mine.mjs' }, { use: './mine.mjs', options: { perSecnd: 1, perSecond: 'x' } }],
    })
    assert.equal((await rejection<ConfigError>(find(wrong, directory))).message.split('\n'), [
      'plugins.policy[1].options.perSecnd: unknown key; did you mean "perSecond"?',
      'plugins.policy[1].options.perSecond: must be an integer, not this string',
      'plugins.transport[0].use: there is no such plugin: "sw"; did you mean "ws"?',
    ])
  })

  test('plugins come in the order of start, then of the config', async () => {
    const found = await find(
      entries({
        transport: [{ use: 'ws' }],
        auth: [{ use: 'open' }, { use: 'open' }],
        bus: [{ use: 'local' }],
      }),
      '.',
    )
    assert.equal(
      found.map(({ path }) => path),
      ['plugins.bus[0]', 'plugins.auth[0]', 'plugins.auth[1]', 'plugins.transport[0]'],
    )
  })

  test('a path with characters that mean something in a URL', async (defer) => {
    const folder = temporaryFolder(defer, { 'a b#c%20?.mjs': pluginText('policy') })
    assert.is((await importPlugin('policy', './a b#c%20?.mjs', folder, 'use')).name, 'mine')
  })
})

const SECRET = token<string>('secret')

const found = (useClass: Injectable<unknown>, path = 'plugins.policy[0]'): Found => ({
  plugin: definePlugin({
    kind: 'policy',
    name: 'p',
    description: 'P.',
    options: Type.Object({}),
    useClass: useClass as Injectable<Policy>,
  }),
  options: Object.freeze({ a: 1 }),
  path,
})

suite('loader: making', (test) => {
  test('a plugin gets its options and a logger that names it', () => {
    class Chatty {
      constructor(
        readonly options: unknown,
        logger: { info(text: string): void },
      ) {
        logger.info('made')
      }
    }
    const { logger, lines } = capturedLogger()
    const unit = make(found(injected(Chatty as never, OPTIONS, LOGGER)), new Scope(), logger, () => {})
    assert.equal((unit.instance as unknown as Chatty).options, { a: 1 })
    assert.equal([lines[0]?.plugin, lines[0]?.msg], ['policy/p', 'made'])
  })

  test('what is offered to one plugin, its sibling never sees', () => {
    class Curious {
      constructor(readonly secret: string) {}
    }
    const { logger } = capturedLogger()
    const root = new Scope()
    const curious = injected(Curious as never, SECRET)
    const first = make(found(curious), root, logger, (scope) => scope.set(SECRET, 'first'))
    assert.is((first.instance as unknown as Curious).secret, 'first')
    assert.throws(
      () => make(found(curious), root, logger, () => {}),
      /^plugins\.policy\[0\]: Curious asks for "secret", which is not offered to it$/,
    )
  })

  test('a plugin that asks for what its kind may not use is refused, with the token named', () => {
    class Greedy {
      constructor(readonly hub: unknown) {}
    }
    const { logger } = capturedLogger()
    const offer = (scope: Scope) => scope.set(BUS, {} as never)
    assert.throws(
      () => make(found(injected(Greedy as never, HUB)), new Scope(), logger, offer),
      /^plugins\.policy\[0\]: Greedy asks for "hub"/,
    )
  })

  test('options that the constructor finds unusable are named like any others', () => {
    class Picky {
      constructor() {
        throw new Error('secret: is not a key\nmore')
      }
    }
    const { logger } = capturedLogger()
    assert.throws(
      () => make(found(Picky as never), new Scope(), logger, () => {}),
      /^plugins\.policy\[0\]\.options\.secret: is not a key$/,
    )
  })
})
