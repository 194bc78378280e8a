/**
 * Where machines and people are. Round trips are averages between data centres over 17 August to 15 September 2024, as
 * IBM Cloud publishes them ("Network latency dashboards", VPC documentation, cloud.ibm.com/docs/vpc).
 */

/** In the order in which a growing fleet opens them: the first ten nodes are one in each. */
export const REGION_NAMES = [
  'washington',
  'frankfurt',
  'tokyo',
  'london',
  'sao-paulo',
  'dallas',
  'sydney',
  'osaka',
  'madrid',
  'toronto',
] as const

/** The share of the people who live there: an assumption, uneven on purpose. Machines are spread evenly. */
export const PEOPLE: readonly number[] = [0.16, 0.14, 0.12, 0.12, 0.12, 0.1, 0.06, 0.06, 0.06, 0.06]

/** Milliseconds there and back, row to column. What the source leaves out within a region is 1 ms. */
export const ROUND_TRIP_MS: readonly (readonly number[])[] = [
  [1, 91, 166, 76, 118, 31, 216, 175, 88, 20],
  [91, 1, 228, 13, 197, 123, 250, 232, 29, 92],
  [166, 231, 1, 242, 284, 143, 115, 9, 257, 162],
  [75, 13, 242, 1, 187, 113, 261, 244, 27, 82],
  [119, 198, 285, 187, 1, 146, 328, 290, 205, 130],
  [31, 123, 145, 113, 143, 1, 185, 150, 117, 34],
  [216, 250, 115, 261, 327, 186, 1, 122, 275, 214],
  [175, 232, 9, 244, 292, 151, 122, 1, 258, 168],
  [90, 29, 256, 27, 207, 121, 275, 259, 1, 109],
  [19, 92, 161, 82, 130, 34, 215, 169, 109, 1],
]
