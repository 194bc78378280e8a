/** What is said of a handful of samples: no means, no margins that need a bell curve. */

export interface Summary {
  readonly median: number
  readonly min: number
  readonly max: number
  readonly samples: readonly number[]
}

/** Of at least one sample; they are kept in the order in which they were taken. */
export function summarise(samples: readonly number[]): Summary {
  const sorted = [...samples].sort((a, b) => a - b)
  if (sorted.length === 0) throw new RangeError('no samples')
  return { median: quantile(sorted, 0.5), min: sorted[0]!, max: sorted.at(-1)!, samples }
}

/** The value at a share `q` (0 to 1) of ascending values, between two of them by proportion. */
export function quantile(sorted: readonly number[], q: number): number {
  const at = q * (sorted.length - 1)
  const below = Math.floor(at)
  const low = sorted[below]!
  const high = sorted[Math.min(below + 1, sorted.length - 1)]!
  return low + (high - low) * (at - below)
}

/** How far samples lie apart, as a share of the median: 0.1 is ±5 %. */
export function spread({ median, min, max }: Summary): number {
  return median === 0 ? 0 : (max - min) / Math.abs(median)
}

/** Three significant digits and more where the number is large: what a benchmark can honestly say. */
export function rounded(value: number): number {
  if (value === 0 || !Number.isFinite(value)) return value
  const digits = Math.max(0, 3 - Math.floor(Math.log10(Math.abs(value))))
  return Number(value.toFixed(Math.min(digits, 6)))
}
