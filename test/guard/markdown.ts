/** Just enough of Markdown for guards: headings, links and code blocks. */

export interface CodeBlock {
  /** `json`, `js`, `sh` … */
  readonly language: string
  /** What stands behind the language on the fence's line. */
  readonly info: string
  readonly code: string
}

export const codeBlocks = (text: string): CodeBlock[] =>
  [...text.matchAll(/^```(\w*) ?([^\n]*)\n([\s\S]*?)^```$/gm)].map(([, language, info, code]) => ({
    language: language!,
    info: info!,
    code: code!,
  }))

const withoutCode = (text: string): string =>
  text.replace(/^```[\s\S]*?^```$/gm, '').replace(/`[^`\n]*`/g, '``')

/** Targets of links and images, without those that stand in code. */
export const links = (text: string): string[] =>
  [...withoutCode(text).matchAll(/\]\(([^)\s]+)\)/g)].map(([, target]) => target!)

export interface Heading {
  readonly level: number
  readonly title: string
  /** As a link names it: lower case, spaces as hyphens, no punctuation. */
  readonly anchor: string
  /** The text up to the next heading of the same level or a higher one. */
  readonly body: string
}

export function headings(text: string): Heading[] {
  const lines = text.split('\n')
  let inCode = false
  const found: { level: number; title: string; line: number }[] = []
  lines.forEach((line, i) => {
    if (line.startsWith('```')) inCode = !inCode
    const match = inCode ? null : /^(#{1,6}) (.+)$/.exec(line)
    if (match) found.push({ level: match[1]!.length, title: match[2]!.trim(), line: i })
  })
  return found.map(({ level, title, line }, i) => {
    const end = found.slice(i + 1).find((next) => next.level <= level)?.line ?? lines.length
    const anchor = title
      .toLowerCase()
      .replace(/[^\p{L}\p{N}\s_-]/gu, '')
      .replace(/\s/g, '-')
    return { level, title, anchor, body: lines.slice(line + 1, end).join('\n') }
  })
}

/** The rows of the first table in a text, each cell trimmed and without backticks; head and rule left out. */
export function firstTable(text: string): string[][] {
  const lines = text.split('\n')
  const start = lines.findIndex((line) => line.startsWith('|'))
  if (start < 0) return []
  const rows: string[][] = []
  for (const line of lines.slice(start)) {
    if (!line.startsWith('|')) break
    const cells = line.split(/(?<!\\)\|/).slice(1, -1)
    rows.push(cells.map((cell) => cell.trim().replaceAll('`', '')))
  }
  return rows.slice(2)
}
