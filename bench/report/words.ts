/** Words and numbers as they stand in the page. */

/** Text for HTML and SVG. */
export const escaped = (text: string): string => text.replace(/[&<>"]/g, (character) => ENTITIES[character]!)
const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** 1,234,567 → 1.23 M; 12,345 → 12.3 k; small numbers keep their fraction. */
export function short(value: number): string {
  const size = Math.abs(value)
  if (size >= 1e6) return `${trim(value / 1e6)} M`
  if (size >= 1e4) return `${trim(value / 1e3)} k`
  if (size >= 100) return String(Math.round(value))
  return trim(value)
}

const trim = (value: number) => String(Number(value.toPrecision(3)))

/** A class that gives a variant its colour (page.css.ts). */
export function family(variant: string): string {
  if (variant.endsWith('wasm')) return 'wasm'
  if (variant === 'wasm-scalar') return 'scalar'
  if (variant.endsWith('js')) return 'js'
  if (variant.includes('relay')) return 'ceiling'
  return OTHERS[variant] ?? 'peer'
}

/** What is neither an engine nor a server takes the colours as they come. */
const OTHERS: Readonly<Record<string, string>> = {
  'least-loaded': 'js',
  rendezvous: 'scalar',
  region: 'missed',
  'region by key': 'wasm',
  'room region': 'ceiling',
  'with admission': 'wasm',
  without: 'missed',
}
