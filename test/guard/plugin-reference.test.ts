import { readFileSync } from 'node:fs'
import * as assert from 'uvu/assert'
import { importPlugin, shipped } from '../../core/loader.js'
import { START_ORDER } from '../../core/plugin.js'
import { suite } from '../suite.js'
import { PAGE, pluginReference } from './plugin-reference.js'

interface Node {
  readonly properties?: Readonly<Record<string, Node>>
  readonly items?: Node
  readonly description?: string
}

/** The paths of options that nobody described. */
function undescribed({ properties = {} }: Node, path: string): string[] {
  return Object.entries(properties).flatMap(([key, option]) => [
    ...(option.description ? [] : [`${path}.${key}`]),
    ...undescribed(option, `${path}.${key}`),
    ...undescribed(option.items ?? {}, `${path}.${key}[]`),
  ])
}

suite('guard/plugin-reference', (test) => {
  test('the page is what the plugins say; mend it with: node dist/test/guard/plugin-reference.js', async () => {
    assert.is(readFileSync(PAGE, 'utf8'), await pluginReference())
  })

  test('every plugin has its name, a sentence, and a word on each option', async () => {
    for (const kind of START_ORDER) {
      for (const name of shipped(kind)) {
        const plugin = await importPlugin(kind, name, '.', name)
        assert.is(plugin.name, name)
        assert.match(plugin.description, /^[A-Z].+\.$/)
        assert.equal(undescribed(plugin.options as Node, `${kind}/${name}`), [])
      }
    }
  })
})
