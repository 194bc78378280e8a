/**
 * What browsers load, from the sources into dist/client: the library for a script tag (`Signalbox`) and as a module,
 * sealing as a module beside it, and the call page. Run by `npm run build:client`.
 */

import { copyFile, mkdir, readFile } from 'node:fs/promises'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { build } from 'esbuild'

const path = (relative) => fileURLToPath(new URL(relative, import.meta.url))
const out = (file) => path(`../dist/client/${file}`)

const shared = { bundle: true, minify: true, target: ['es2022'], legalComments: 'none', logLevel: 'warning' }
const library = { ...shared, entryPoints: [path('index.ts')] }

/** Sealing throws the errors of the library that is loaded already, not of a second copy: `instanceof` holds. */
const libraryBeside = {
  name: 'library-beside',
  setup: ({ onResolve }) =>
    onResolve({ filter: /\/errors\.js$/ }, () => ({ path: './signalbox.mjs', external: true })),
}
const seal = { ...shared, entryPoints: [path('seal/index.ts')], plugins: [libraryBeside] }

await mkdir(out('page'), { recursive: true })
await Promise.all([
  build({ ...library, format: 'iife', globalName: 'Signalbox', outfile: out('signalbox.js') }),
  build({ ...library, format: 'esm', outfile: out('signalbox.mjs') }),
  build({ ...seal, format: 'esm', outfile: out('signalbox-seal.mjs') }),
  build({ ...shared, entryPoints: [path('page/main.ts')], format: 'esm', outfile: out('page/app.js') }),
  build({ ...shared, entryPoints: [path('page/style.css')], outfile: out('page/style.css') }),
  copyFile(path('page/index.html'), out('page/index.html')),
])

const files = [
  'signalbox.js',
  'signalbox.mjs',
  'signalbox-seal.mjs',
  'page/app.js',
  'page/style.css',
  'page/index.html',
]
for (const file of files) {
  const bytes = await readFile(out(file))
  console.log(`dist/client/${file}: ${bytes.length} bytes, ${gzipSync(bytes, { level: 9 }).length} gzipped`)
}
