/** Where a value stands on an axis. */

export interface Scale {
  /** From a value to a place, both ends included. */
  at(value: number): number
  /** Values worth a line across the plot. */
  readonly ticks: readonly number[]
}

/** From 0 to a round number above `max`. */
export function linear(max: number, from: number, to: number): Scale {
  const step = roundStep(max / 4)
  const top = Math.max(step, Math.ceil(max / step) * step)
  return {
    at: (value) => from + ((to - from) * value) / top,
    ticks: Array.from({ length: Math.round(top / step) + 1 }, (_, i) => i * step),
  }
}

/** Powers of ten around `min` and `max`, both above 0. */
export function logarithmic(min: number, max: number, from: number, to: number): Scale {
  const low = Math.floor(Math.log10(min))
  const high = Math.max(low + 1, Math.ceil(Math.log10(max)))
  return {
    at: (value) => from + ((to - from) * (Math.log10(value) - low)) / (high - low),
    ticks: Array.from({ length: high - low + 1 }, (_, i) => 10 ** (low + i)),
  }
}

/** 1, 2 or 5 times a power of ten, at least `least`. */
function roundStep(least: number): number {
  if (least <= 0) return 1
  const power = 10 ** Math.floor(Math.log10(least))
  return power * ([1, 2, 5, 10].find((factor) => factor * power >= least) ?? 10)
}
