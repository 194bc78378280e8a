/**
 * Holds the engines equal: `wasm` with and without SIMD, `js` and the oracle judge the same messages, and must agree on verdict, id, field,
 * seen, room, data, recipients in order, and every byte of the frame.
 *
 *     node dist/test/core/engine/differential.js --cases 10000000 --seed 1
 */

import { parseArgs } from 'node:util'
import { type Engine, RIGHTS } from '../../../core/engine/engine.js'
import { JsEngine } from '../../../core/engine/js.js'
import { WasmEngine } from '../../../core/engine/wasm.js'
import { errorOfVerdict } from '../../../core/errors.js'
import { KINDS } from '../../../core/protocol.js'
import { Dice } from '../../dice.js'
import { compare, shrink } from './compare.js'
import { corpus, large, mutate, noise, SEQUENCES } from './generate.js'
import { Oracle } from './oracle.js'
import { GUEST, populate, ROOM_NAMES, SLOTS } from './world.js'

export interface Outcome {
  /** Messages that every engine has judged. */
  readonly cases: number
  /** How often each verdict was given. */
  readonly verdicts: ReadonlyMap<number, number>
  /** The first difference, with a minimal message; the run ended there. */
  readonly failure: string | undefined
}

type Judge = Omit<Engine, 'name'>

const SENDERS = [...SLOTS, GUEST]
const CORPUS_SIZE = 2000
/** After so many cases comes a new corpus. */
const CORPUS_CASES = 40_000
/** After so many cases somebody joins or leaves a room. */
const CHURN_CASES = 50

/** Runs `cases` cases, the same for the same seed. `onProgress` is told now and then how many have run. */
export function differential(cases: number, seed: number, onProgress?: (done: number) => void): Outcome {
  const engines = new Map<string, Judge>([
    ['wasm', new WasmEngine('release')],
    ['scalar', new WasmEngine('scalar')],
    ['js', new JsEngine()],
    ['oracle', new Oracle()],
  ])
  for (const engine of engines.values()) populate(engine)
  const dice = new Dice(seed)
  const churn = createChurn(engines, dice)
  const verdicts = new Map<number, number>()
  let done = 0
  for (const message of messages(dice, seed)) {
    if (done >= cases) break
    if (done % CHURN_CASES === 0) churn()
    const sender = dice.roll(4) === 0 ? dice.pick(SENDERS) : dice.roll(2)
    const { verdict, difference } = compare(engines, sender, message)
    if (difference !== undefined) {
      return { cases: done, verdicts, failure: report(engines, sender, message, seed, done) }
    }
    verdicts.set(verdict, (verdicts.get(verdict) ?? 0) + 1)
    if (++done % 10_000 === 0) onProgress?.(done)
  }
  return { cases: done, verdicts, failure: undefined }
}

/** Without end: each corpus as it is, some of it truncated everywhere, then mutations of it. */
function* messages(dice: Dice, seed: number): Generator<Buffer> {
  for (let round = 0; ; round++) {
    const seeds = corpus(seed + round, CORPUS_SIZE)
    yield* seeds
    yield* truncations(seeds.filter((message) => message.length < 400).slice(0, 10))
    yield* splits(dice)
    for (let i = 0; i < CORPUS_CASES; i++) {
      const what = dice.roll(2000)
      yield what === 0 ? large(dice) : what < 100 ? noise(dice) : mutate(dice, seeds)
    }
  }
}

function* truncations(of: readonly Buffer[]): Generator<Buffer> {
  for (const message of of) {
    for (let length = 0; length < message.length; length++) yield message.subarray(0, length)
  }
}

/** Every beginning and end of every multi-byte sequence, where it may stand in blocks of 16, and where it must not. */
function* splits(dice: Dice): Generator<Buffer> {
  for (const sequence of SEQUENCES) {
    for (let from = 0; from < sequence.length; from++) {
      for (let to = from + 1; to <= sequence.length; to++) {
        const part = sequence.subarray(from, to)
        const padding = 'p'.repeat(dice.roll(34))
        for (const [before, after] of [
          [`{"type":"publish","room":"lobby","data":"${padding}`, `${'q'.repeat(dice.roll(34))}"}`],
          [`{"type":"join","${padding}":1,"room":"`, '"}'],
          [`{"type":"join","room":"r"}${padding}`, ''],
          ['', '{"type":"bye"}'],
        ] as const) {
          yield Buffer.concat([Buffer.from(before), part, Buffer.from(after)])
        }
      }
    }
  }
}

/** Joins or leaves, the same in every engine. Slot 131,071 stays where it is, so that rooms aren't empty for long. */
function createChurn(engines: ReadonlyMap<string, Judge>, dice: Dice): () => void {
  const joined = new Map<string, boolean>()
  const changeRights = () => {
    const [slot, rights] = [dice.pick([1, 2, 3, 131_071]), dice.roll(4)]
    for (const engine of engines.values()) engine.setRights(slot, 0, rights)
  }
  return () => {
    changeRights()
    const slot = dice.pick([1, 2, 3])
    const room = 1 + dice.roll(ROOM_NAMES.length - 1)
    const key = `${slot} ${room}`
    // As the world begins (see populate).
    const isMember = joined.get(key) ?? (key === '1 2' || key === '2 3')
    for (const engine of engines.values()) {
      if (isMember) engine.leave(slot, room)
      else engine.join(slot, room, RIGHTS.signal | RIGHTS.publish)
    }
    joined.set(key, !isMember)
  }
}

function report(
  engines: ReadonlyMap<string, Judge>,
  sender: number,
  message: Uint8Array,
  seed: number,
  at: number,
): string {
  const smallest = Buffer.from(shrink(engines, sender, message))
  return [
    `the engines differ (seed ${seed}, case ${at}, sender ${sender})`,
    `message ${JSON.stringify(smallest.toString())}`,
    `hex     ${smallest.toString('hex')}`,
    compare(engines, sender, smallest).difference,
  ].join('\n')
}

function nameOf(verdict: number): string {
  if (verdict < 0) return errorOfVerdict(verdict)
  return Object.entries(KINDS).find(([, kind]) => kind === verdict)![0]
}

const HELP = `Compares the engines wasm (with and without SIMD) and js with an oracle on generated messages.

  --cases N   how many messages (default 100000)
  --seed N    the same seed gives the same messages (default: random)
  --help      this

Ends with 0 when they agree, with 1 and a minimal message at the first difference.`

function main(): number {
  const options = { cases: { type: 'string' }, seed: { type: 'string' }, help: { type: 'boolean' } } as const
  let values: { cases?: string; seed?: string; help?: boolean }
  try {
    values = parseArgs({ options }).values
  } catch (error) {
    console.error(`${(error as Error).message}\n\n${HELP}`)
    return 2
  }
  if (values.help) {
    console.log(HELP)
    return 0
  }
  const cases = Number(values.cases ?? 100_000)
  const seed = Number(values.seed ?? Math.floor(Math.random() * 2 ** 31))
  if (!Number.isInteger(cases) || cases < 1 || !Number.isInteger(seed)) {
    console.error(`--cases and --seed are integers\n\n${HELP}`)
    return 2
  }
  console.log(`${cases} cases, seed ${seed}`)
  const started = performance.now()
  let told = started
  const outcome = differential(cases, seed, (done) => {
    const now = performance.now()
    if (now - told < 2000) return
    told = now
    const left = Math.ceil((((now - started) / done) * (cases - done)) / 1000)
    console.log(`${done} cases, ${((100 * done) / cases).toFixed(1)} %, ${left} s left`)
  })
  const seconds = ((performance.now() - started) / 1000).toFixed(1)
  if (outcome.failure !== undefined) {
    console.error(outcome.failure)
    return 1
  }
  console.log(`${outcome.cases} cases in ${seconds} s: no difference`)
  for (const [verdict, count] of [...outcome.verdicts].sort(([a], [b]) => a - b)) {
    console.log(`${nameOf(verdict).padEnd(14)}${count}`)
  }
  return 0
}

if (process.argv[1] === import.meta.filename) process.exitCode = main()
