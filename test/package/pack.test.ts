import { execFile, spawn } from 'node:child_process'
import { readFileSync, writeFileSync } from 'node:fs'
import { dirname, join, resolve } from 'node:path'
import { promisify } from 'node:util'
import * as assert from 'uvu/assert'
import { ROOT } from '../guard/source-tree.js'
import { RawClient } from '../live-server.js'
import { type Defer, suite } from '../suite.js'
import { temporaryFolder } from '../temporary-folder.js'

const execute = promisify(execFile)
const npm = (cwd: string, ...args: string[]) =>
  execute('npm', [...args, '--no-audit', '--no-fund', '--loglevel=error'], { cwd })

interface Packed {
  readonly filename: string
  readonly files: readonly { readonly path: string }[]
}

/** Packs what the build left: its scripts would build again, under the feet of the other tests. */
async function pack(into: string): Promise<Packed> {
  const { stdout } = await npm(ROOT, 'pack', '--ignore-scripts', '--json', '--pack-destination', into)
  return (JSON.parse(stdout) as [Packed])[0]
}

/** An app that has installed the package, as its users do. */
async function consumer(defer: Defer): Promise<{ folder: string; packed: Packed }> {
  const folder = temporaryFolder(defer, {
    'package.json': '{"name": "app", "private": true, "type": "module"}',
  })
  const packed = await pack(folder)
  await npm(folder, 'install', '--prefer-offline', `./${packed.filename}`)
  return { folder, packed }
}

const APP = `
import { createServer, readJson, type Config } from 'signalbox'
import { definePlugin, injected, OPTIONS, SignalError, Type, type Policy } from 'signalbox/plugin'
import { connect, type Session } from 'signalbox/client'
import { construct, FakeClock, policyContract } from 'signalbox/testing'

class Doorman implements Policy {
  constructor(readonly options: { readonly closed: boolean }) {}
  onJoin(): void {
    if (this.options.closed) throw new SignalError('E_REFUSED', 'closed')
  }
}
const plugin = definePlugin({
  kind: 'policy', name: 'doorman', description: 'Mine.',
  options: Type.Object({ closed: Type.Boolean({ default: false }) }),
  useClass: injected(Doorman, OPTIONS),
})
const policy = construct(plugin, {}, { clock: new FakeClock() })
const limits: Config['limits'] | undefined = undefined
const server = await createServer({ listen: { port: 0 }, admin: false })
const session: Session | undefined = undefined
console.log([typeof server.start, typeof readJson, typeof connect, typeof policy.onJoin, typeof policyContract, limits, session].join(' '))
`

suite('package', (test) => {
  test('holds what it needs to run, and nothing of the workshop', async (defer) => {
    const paths = (await pack(temporaryFolder(defer))).files.map(({ path }) => path)
    const { bin, exports } = JSON.parse(readFileSync(join(ROOT, 'package.json'), 'utf8'))
    const doors = Object.values(exports as Record<string, string | { types: string; default: string }>)
    const needed = doors.flatMap((entry) =>
      typeof entry === 'string' ? entry : [entry.types, entry.default],
    )
    for (const path of [
      bin.signalbox,
      ...needed,
      'dist/assembly/release.wasm',
      'dist/assembly/debug.wasm',
      'dist/client/page/index.html',
      'LICENSE',
    ]) {
      assert.ok(paths.includes(path.replace(/^\.\//, '')), path)
    }
    const workshop =
      /\.test\.|fixtures|dist\/bench|dist\/examples|^(core|plugins|client|assembly|test|bench)\//
    assert.equal(
      paths.filter((path) => workshop.test(path)),
      [],
    )
    assert.equal(
      paths.filter((path) => path.startsWith('dist/test/') && !path.startsWith('dist/test/contract/')),
      [],
    )
  })

  test('is whole: every import inside leads to a file inside, every source map holds its sources', async (defer) => {
    const paths = new Set((await pack(temporaryFolder(defer))).files.map(({ path }) => path))
    for (const path of paths) {
      if (path.endsWith('.js.map')) {
        const { sources, sourcesContent } = JSON.parse(readFileSync(join(ROOT, path), 'utf8'))
        assert.is(sourcesContent?.length, sources.length, path)
      }
      if (!/\.(js|d\.ts)$/.test(path)) continue
      for (const [, specifier] of readFileSync(join(ROOT, path), 'utf8').matchAll(
        /(?:from|import)\s*\(?["'](\.[^"']+)["']/g,
      )) {
        const goal = resolve('/', dirname(path), specifier!).slice(1)
        assert.ok(paths.has(goal), `${path} imports ${specifier}`)
      }
    }
  })

  test('installed in an empty folder: npx signalbox start serves, and every door opens, with types', async (defer) => {
    const { folder } = await consumer(defer)
    const server = spawn('npx', ['--no-install', 'signalbox', 'start', '--port', '0'], {
      cwd: folder,
      stdio: ['ignore', 'pipe', 'inherit'],
      detached: true,
    })
    // npx stands between: what it started must end too.
    defer(() => {
      try {
        process.kill(-server.pid!, 'SIGKILL')
      } catch {
        // It has ended by itself.
      }
    })
    const url = await new Promise<string>((found, reject) => {
      let output = ''
      server.stdout.on('data', (chunk) => {
        output += chunk
        const page = /call page +(\S+)\//.exec(output)?.[1]
        if (page) found(page)
      })
      server.on('exit', (code) => reject(new Error(`signalbox start ended with ${code}: ${output}`)))
    })
    const page = await fetch(url)
    assert.equal([page.status, page.headers.get('content-type')], [200, 'text/html; charset=utf-8'])
    const client = new RawClient(url, { query: 'room=kitchen' })
    defer(() => client.socket.terminate())
    assert.match((await client.next('welcome')).peer, /^[\w-]{16}$/)

    writeFileSync(join(folder, 'app.ts'), APP)
    const options = [
      '--module',
      'nodenext',
      '--target',
      'es2022',
      '--strict',
      '--skipLibCheck',
      '--types',
      '',
    ]
    const compiler = join(ROOT, 'node_modules/typescript/bin/tsc')
    await execute(process.execPath, [compiler, ...options, '--lib', 'es2023,dom', 'app.ts'], {
      cwd: folder,
    }).catch(({ stdout }) => {
      throw new Error(`a consumer does not compile:\n${stdout}`)
    })
    const { stdout } = await execute(process.execPath, ['app.js'], { cwd: folder })
    assert.is(stdout.trim(), 'function function function function function')
  }, 180_000)
})
