import { existsSync } from 'node:fs'
import { dirname, join } from 'node:path'
import * as assert from 'uvu/assert'
import { suite } from '../suite.js'
import { headings, links } from './markdown.js'
import { files, ROOT, read } from './source-tree.js'

const pages = files().filter((path) => path.endsWith('.md'))

suite('guard/docs', (test) => {
  test('every link leads to a file or a heading that exists', () => {
    const dead: string[] = []
    for (const page of pages) {
      for (const link of links(read(page))) {
        if (/^[a-z]+:/.test(link)) continue
        const [path = '', anchor] = link.split('#', 2)
        const goal = path === '' ? page : join(dirname(page), decodeURI(path))
        if (!existsSync(join(ROOT, goal))) dead.push(`${page}: ${link}`)
        else if (
          anchor &&
          goal.endsWith('.md') &&
          !headings(read(goal)).some((heading) => heading.anchor === anchor)
        ) {
          dead.push(`${page}: ${link}`)
        }
      }
    }
    assert.equal(dead, [])
  })

  test('every page of docs/ can be reached from docs/README.md', () => {
    const reached = new Set<string>()
    const queue = ['docs/README.md']
    for (let page = queue.pop(); page !== undefined; page = queue.pop()) {
      if (reached.has(page) || !pages.includes(page)) continue
      reached.add(page)
      for (const link of links(read(page))) {
        if (!/^[a-z]+:/.test(link)) queue.push(join(dirname(page), link.split('#')[0]!))
      }
    }
    assert.equal(
      pages.filter((page) => page.startsWith('docs/') && !reached.has(page)),
      [],
    )
  })

  test('every npm script that a page names exists', () => {
    const { scripts } = JSON.parse(read('package.json')) as { scripts: Record<string, string> }
    const builtIn = new Set(['ci', 'install', 'pack', 'publish', 'exec', 'init', 'pkg', 'audit'])
    for (const page of pages) {
      for (const [, run, name] of read(page).matchAll(/\bnpm\s+(run\s+)?([a-z][a-z:]*)/g)) {
        if (!run && builtIn.has(name!)) continue
        assert.ok(scripts[name!], `${page}: npm ${run ?? ''}${name}`)
      }
    }
  })

  test('pages are wrapped for people who read diffs', () => {
    for (const page of pages) {
      const long = read(page)
        .replace(/^```[\s\S]*?^```$/gm, '')
        .split('\n')
        .filter((line) => line.length > 120 && !line.startsWith('|') && !/\]\([^)]+\)/.test(line))
      assert.equal(long, [], page)
    }
  })
})
