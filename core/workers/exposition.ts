/** Metrics of several processes as one page of Prometheus' text format (version 0.0.4). */

interface Family {
  /** `# HELP` and `# TYPE`, as the first process tells them that does. */
  readonly comments: string[]
  /** Whose they are. */
  by: string | undefined
  readonly samples: string[]
}

/** `# HELP name …` and `# TYPE name …`; other comments mean nothing. */
const COMMENT = /^# (?:HELP|TYPE) ([\w:]+)/
/** A sample: its name, then labels or the value. */
const SAMPLE = /^([\w:]+)(\{)?/

/**
 * Merges pages, each with a value for the label that tells them apart. The samples of a metric must stand together, so
 * they are gathered by the metric's name, in the order in which metrics appear first.
 */
export function mergeExpositions(
  label: string,
  pages: readonly (readonly [value: string, text: string])[],
): string {
  const families = new Map<string, Family>()
  for (const [value, text] of pages) {
    let metric = ''
    for (const line of text.split('\n')) {
      const described = COMMENT.exec(line)?.[1]
      if (described !== undefined) {
        metric = described
        const family = familyOf(families, metric)
        family.by ??= value
        if (family.by === value) family.comments.push(line)
      } else if (line !== '' && !line.startsWith('#')) {
        const [start = '', name = '', labels] = SAMPLE.exec(line) ?? []
        // A histogram's samples have names of their own behind its name.
        if (name !== metric && !name.startsWith(`${metric}_`)) metric = name
        const rest = line.slice(start.length)
        familyOf(families, metric).samples.push(
          `${name}{${label}="${value}"${labels ? `,${rest}` : `}${rest}`}`,
        )
      }
    }
  }
  return [...families.values()]
    .map(({ comments, samples }) => `${[...comments, ...samples].join('\n')}\n`)
    .join('\n')
}

function familyOf(families: Map<string, Family>, name: string): Family {
  const known = families.get(name)
  if (known) return known
  const made = { comments: [], by: undefined, samples: [] }
  families.set(name, made)
  return made
}
