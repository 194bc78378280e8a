/** Whose records are whose: the types that each part of a cluster sends over links, from the first to before the second. */
export const RECORDS = {
  presence: [1, 16],
  handover: [16, 32],
  orders: [32, 48],
} as const satisfies Readonly<Record<string, readonly [from: number, to: number]>>

/** Thrown by whoever reads what another node has sent and finds that no node would send it. */
export class BadRecord extends Error {
  constructor(what: string) {
    super(what)
    this.name = 'BadRecord'
  }
}
