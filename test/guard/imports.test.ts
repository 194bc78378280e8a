import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { files, imports, read, target } from './source-tree.js'

/** Who may import whom (DESIGN: the house). A path is from the root; anything else is a package. */
const LAWS: Readonly<Record<string, (path: string, from: string) => boolean>> = {
  assembly: (path) => path.startsWith('assembly/'),
  core: (path) => path.startsWith('core/') || isPackage(path),
  plugins: (path, from) => path === 'core/api.ts' || isPackage(path) || path.startsWith(ownFolder(from)),
  client: (path) => path.startsWith('client/') || path === 'core/protocol.ts',
}

const isPackage = (path: string): boolean => !/\.(ts|js|mjs|json)$/.test(path) && path !== 'signalbox'

/** A plugin's own library: `plugins/auth/jwt.ts` and the files of `plugins/auth/jwt/` belong together. */
const ownFolder = (file: string): string => {
  const [, kind, name] = file.replace(/\.ts$/, '').split('/')
  return `plugins/${kind}/${name}/`
}

const sources = files().filter((path) => path.endsWith('.ts'))
const edges = sources.flatMap((from) =>
  imports(from).map((specifier) => ({ from, to: target(from, specifier) })),
)

const { dependencies, peerDependencies, peerDependenciesMeta } = JSON.parse(read('package.json')) as {
  dependencies: object
  peerDependencies: object
  peerDependenciesMeta: Record<string, { optional?: boolean }>
}
/** What runtime code imports from packages. */
const packages = edges
  .filter(({ from, to }) => /^(core|plugins|client)\//.test(from) && isPackage(to) && !to.startsWith('node:'))
  .map(({ from, to }) => ({
    from,
    name: to.startsWith('@') ? to.split('/').slice(0, 2).join('/') : to.split('/')[0]!,
  }))

suite('guard/imports', (test) => {
  test('the reader of imports sees them all', () => {
    const seen = new Map(edges.map(({ from, to }) => [`${from} ${to}`, true]))
    for (const edge of [
      'core/di.ts tsyringe',
      'core/di.ts reflect-metadata',
      'core/api.ts core/tokens.ts',
      'core/cli/start.ts core/server.ts',
      'plugins/transport/ws.ts core/api.ts',
    ]) {
      assert.ok(seen.has(edge), edge)
    }
    assert.ok(edges.length > 200, `${edges.length} imports`)
  })

  test('imports point inwards', () => {
    const wrong = edges.filter(({ from, to }) => LAWS[from.split('/')[0]!]?.(to, from) === false)
    assert.equal(wrong, [])
  })

  test('tsyringe has one door', () => {
    const doors = edges
      .filter(({ to }) => to === 'tsyringe' || to === 'reflect-metadata')
      .map(({ from }) => from)
    assert.equal([...new Set(doors)], ['core/di.ts'])
  })

  test('only examples and tests know the package by its name', () => {
    const selfish = edges.filter(({ to }) => to === 'signalbox' || to.startsWith('signalbox/'))
    assert.equal(
      selfish.filter(({ from }) => !/^(examples|test)\//.test(from)),
      [],
    )
  })

  test('runtime code imports what the package depends on, and nothing else', () => {
    const used = new Set(packages.map(({ name }) => name))
    assert.equal([...used].sort(), [...Object.keys(dependencies), ...Object.keys(peerDependencies)].sort())
  })

  test('the client of a broker is optional, and imported by its bus when that is used', () => {
    assert.equal(Object.keys(peerDependenciesMeta).sort(), Object.keys(peerDependencies).sort())
    for (const name of Object.keys(peerDependencies)) {
      assert.is(peerDependenciesMeta[name]?.optional, true, name)
      for (const { from } of packages.filter((edge) => edge.name === name)) {
        assert.match(from, /^plugins\/bus\//)
        const early = new RegExp(`^(import|export) (?!type ).*from '${name}'`, 'm')
        assert.not.match(read(from), early, from)
      }
    }
  })
})
