/** The first line of an error's message: enough for a log line, and never a stack or a multi-megabyte cycle. */
export const firstLine = (error: unknown): string =>
  (error instanceof Error ? error.message : String(error)).split('\n', 1)[0] ?? ''
