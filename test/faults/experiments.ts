import { drain } from './experiments/drain.js'
import { hostile } from './experiments/hostile.js'
import { killing } from './experiments/killing.js'
import { leaks } from './experiments/leaks.js'
import { mayhem } from './experiments/mayhem.js'
import { silentReaders } from './experiments/silent-readers.js'
import { standstill } from './experiments/standstill.js'
import { storm } from './experiments/storm.js'
import type { Experiment } from './lab.js'

/** In the order in which they run. */
export const EXPERIMENTS: readonly Experiment[] = [
  mayhem,
  standstill,
  killing,
  storm,
  drain,
  silentReaders,
  hostile,
  leaks,
]
