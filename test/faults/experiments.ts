import { brokerDeath } from './experiments/broker-death.js'
import { drain } from './experiments/drain.js'
import { hostile } from './experiments/hostile.js'
import { killing } from './experiments/killing.js'
import { leaks } from './experiments/leaks.js'
import { mayhem } from './experiments/mayhem.js'
import { nodeDeath } from './experiments/node-death.js'
import { partition } from './experiments/partition.js'
import { roaming } from './experiments/roaming.js'
import { rolling } from './experiments/rolling.js'
import { silentReaders } from './experiments/silent-readers.js'
import { standstill } from './experiments/standstill.js'
import { stop } from './experiments/stop.js'
import { storm } from './experiments/storm.js'
import { weather } from './experiments/weather.js'
import { workerDeath } from './experiments/worker-death.js'
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
  nodeDeath,
  workerDeath,
  brokerDeath,
  stop,
  partition,
  roaming,
  rolling,
  weather,
]
