import { type Logger, pino } from 'pino'

/** A logger at level trace that keeps what it is told, for a test to look at. */
export function capturedLogger(): { logger: Logger; lines: Record<string, unknown>[] } {
  const lines: Record<string, unknown>[] = []
  const logger = pino({ level: 'trace' }, { write: (line: string) => void lines.push(JSON.parse(line)) })
  return { logger, lines }
}
