/** One thing that is wrong with a configuration: where, what, and how to mend it. */
export interface Problem {
  /** As a person would write it: `plugins.auth[0].options.secret`. Empty for the file as a whole. */
  readonly path: string
  /** What is wrong and what to do, one line, without secrets. */
  readonly message: string
}

/** A configuration that can't be used. Its message has one line for each problem. */
export class ConfigError extends Error {
  override readonly name = 'ConfigError'
  readonly problems: readonly Problem[]

  constructor(problems: readonly Problem[]) {
    super(problems.map(({ path, message }) => (path === '' ? message : `${path}: ${message}`)).join('\n'))
    this.problems = problems
  }
}

/** A `ConfigError` of one problem. */
export const configError = (path: string, message: string): ConfigError =>
  new ConfigError([{ path, message }])
