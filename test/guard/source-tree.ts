/** The repository's own files, as the guards read them. */

import { readdirSync, readFileSync } from 'node:fs'
import { dirname, join, posix, relative, resolve } from 'node:path'
import { fileURLToPath } from 'node:url'

export const ROOT = fileURLToPath(new URL('../../..', import.meta.url))

/** What is made or fetched, and what git keeps for itself. */
const NOT_OURS: ReadonlySet<string> = new Set(['node_modules', 'dist', 'coverage', '.git'])

/** Paths of all files, relative to the root, sorted. */
export function files(folder = ROOT): string[] {
  return readdirSync(folder, { withFileTypes: true })
    .flatMap((entry) => {
      const path = join(folder, entry.name)
      if (NOT_OURS.has(entry.name)) return []
      return entry.isDirectory() ? files(path) : relative(ROOT, path)
    })
    .sort()
}

export const read = (path: string): string => readFileSync(join(ROOT, path), 'utf8')

/** What a source file imports, re-exports or imports later, as written. Comments don't count. */
export function imports(path: string): string[] {
  const code = read(path)
    .replace(/\/\*[\s\S]*?\*\//g, '')
    .replace(/(^|\s)\/\/.*$/gm, '')
  const statements = code.matchAll(/(?:^|[\n;}])\s*(?:import|export)\b[^'"`;]*?from\s*['"]([^'"]+)['"]/g)
  const bare = code.matchAll(/(?:^|[\n;])\s*import\s*['"]([^'"]+)['"]/g)
  const later = code.matchAll(/\bimport\(\s*['"]([^'"]+)['"]\s*\)/g)
  return [...statements, ...bare, ...later].map((match) => match[1]!)
}

/** Where an import leads: a path from the root with its `.ts` for our own files, the name as it is for packages. */
export function target(from: string, specifier: string): string {
  if (!specifier.startsWith('.')) return specifier
  const path = relative(ROOT, resolve(ROOT, dirname(from), specifier)).replaceAll('\\', posix.sep)
  return path.replace(/\.js$/, '.ts')
}
