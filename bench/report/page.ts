import type { Report } from '../report.js'
export const page = (_report: Report): string => ''
