/** The error that a promise rejects with; an error of its own when it doesn't. */
export async function rejection<E = Error>(work: Promise<unknown>): Promise<E> {
  let value: unknown
  try {
    value = await work
  } catch (error) {
    return error as E
  }
  throw new Error(`expected a rejection, got ${JSON.stringify(value)}`)
}
