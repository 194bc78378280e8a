import { compile, NoProgram } from '../../../bench/load/compile.js'

/** Why the load client can't be built here; undefined where it can. */
export const missingCompiler = ((): string | undefined => {
  try {
    compile('client')
    return undefined
  } catch (error) {
    if (error instanceof NoProgram) return error.message
    throw error
  }
})()
