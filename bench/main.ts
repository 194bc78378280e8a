/** `npm run bench`: a menu; `npm run bench -- micro [--quick] [--json FILE]` measures. */

import { writeFileSync } from 'node:fs'
import { cpus } from 'node:os'
import { parseArgs } from 'node:util'
import { type Measurement, measure } from './micro.js'

const MENU = `npm run bench -- <what>

  micro    one message in, one frame out: idiomatic JavaScript, the js engine, the wasm engine
             --quick      a tenth of the time, for a first impression
             --json FILE  also writes the results, with the machine they are from`

const COLUMNS = [14, 7, 11, 10, 17, 8, 8] as const

function row(...cells: string[]): string {
  return cells
    .map((cell, i) => (i === 2 ? cell.padEnd(COLUMNS[i]!) : cell.padStart(COLUMNS[i] ?? 0)))
    .join('  ')
}

function micro(quick: boolean, json: string | undefined): void {
  console.log(row('case', 'bytes', 'variant', 'median ns', 'quartiles ns', 'rme', 'ratio'))
  let baseline = 0
  const results = measure(quick, (result: Measurement) => {
    if (result.variant === 'idiomatic') baseline = result.medianNs
    console.log(
      row(
        result.case,
        String(result.bytes),
        result.variant,
        String(result.medianNs),
        `${result.lowerNs} to ${result.upperNs}`,
        `±${result.marginPercent.toFixed(1)} %`,
        `${(baseline / result.medianNs).toFixed(1)} ×`,
      ),
    )
  })
  if (json === undefined) return
  const machine = { node: process.version, cpu: cpus()[0]?.model ?? 'unknown', cores: cpus().length }
  writeFileSync(
    json,
    `${JSON.stringify({ bench: 'micro', at: new Date().toISOString(), quick, machine, results }, null, 2)}\n`,
  )
}

function main(): number {
  try {
    const { positionals, values } = parseArgs({
      allowPositionals: true,
      options: { quick: { type: 'boolean' }, json: { type: 'string' }, help: { type: 'boolean' } },
    })
    if (values.help || positionals.length === 0) {
      console.log(MENU)
      return 0
    }
    if (positionals.length > 1 || positionals[0] !== 'micro') {
      console.error(`there is no benchmark "${positionals.join(' ')}"\n\n${MENU}`)
      return 2
    }
    micro(values.quick ?? false, values.json)
    return 0
  } catch (error) {
    console.error((error as Error).message)
    return 2
  }
}

process.exitCode = main()
