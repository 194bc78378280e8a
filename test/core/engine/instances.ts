import type { Defer } from '../../suite.js'

/** Collects the linear memory of every instance that is made until the test ends, the newest last. */
export function watchInstances(defer: Defer): Buffer[] {
  const memories: Buffer[] = []
  const { Instance } = WebAssembly
  WebAssembly.Instance = class extends Instance {
    constructor(module: WebAssembly.Module, imports?: WebAssembly.Imports) {
      super(module, imports)
      memories.push(Buffer.from((this.exports as { memory: WebAssembly.Memory }).memory.buffer))
    }
  }
  defer(() => {
    WebAssembly.Instance = Instance
  })
  return memories
}
