import { totalmem } from 'node:os'
import { getHeapStatistics } from 'node:v8'

/** What the process holds, as a share of what it may: of the heap's limit, or of `limitBytes`, whichever is closer. */
export function memoryShare(limitBytes: number): number {
  const { used_heap_size, heap_size_limit, total_heap_size, external_memory } = getHeapStatistics()
  return Math.max(used_heap_size / heap_size_limit, (total_heap_size + external_memory) / limitBytes)
}

/** What the system grants this process: the limit of its container where there is one, else all there is. */
export function grantedBytes(): number {
  const constrained = process.constrainedMemory()
  const all = totalmem()
  return constrained > 0 && constrained < all ? constrained : all
}
