/**
 * For a client library that is imported only when it is used: `await import('ioredis').catch(missingPackage('ioredis', 6))`.
 * Turns "not found" into an error that says how to get it; any other error stays as it is.
 */
export const missingPackage =
  (name: string, major: number) =>
  (error: unknown): never => {
    const { code, message } = error as NodeJS.ErrnoException
    if (code !== 'ERR_MODULE_NOT_FOUND' || !message.includes(`'${name}'`)) throw error
    throw new Error(`the package ${name} is not installed: npm install ${name}@${major}`, {
      cause: error,
    })
  }
