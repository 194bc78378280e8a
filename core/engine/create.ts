/** The choice that `"engine"` in the config makes. */

import type { Engine, EngineName } from './engine.js'
import { JsEngine } from './js.js'
import { RecoveringEngine } from './recovery.js'

/** A new engine without peers or rooms. Takes about 3 ms for `wasm`, nothing for `js`. */
export function createEngine(name: EngineName): Engine {
  return name === 'wasm' ? new RecoveringEngine() : new JsEngine()
}
