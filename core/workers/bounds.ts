import { availableParallelism } from 'node:os'
import { configError } from '../config/config-error.js'
import type { Config } from '../config/schema.js'

/** How many workers there may be: `min` at first; `max` is `min` where their number is fixed. */
export interface Bounds {
  readonly min: number
  readonly max: number
}

/** What `workers` in the config comes to on this machine. Throws a `ConfigError` when no number fits. */
export function boundsOf(workers: Config['workers'], processors = availableParallelism()): Bounds {
  if (workers === 'auto') return { min: processors, max: processors }
  if (typeof workers === 'number') return { min: workers, max: workers }
  const { min, max } = workers
  if (min > max) throw configError('workers', `min is ${min} and max is ${max}; make min the smaller`)
  return { min, max }
}

/** Whether that is one process, which needs nobody beside it. */
export const isSingle = ({ max }: Bounds): boolean => max === 1
