/**
 * Memory for the members of rooms: blocks of 4, 8, 16 … 16,384 slots, one size class each, cut from the arena's
 * unused end or taken from the class's free list. A free block's first word points to the next one.
 */

import { FREE, MEMBER_ARENA, MEMBER_ARENA_END } from './layout'

/** Size classes are numbered from 0; a block of class c holds 4 << c slots. */
const CLASSES: u32 = 13
const ARENA_TOP: usize = FREE + ((<usize>CLASSES) << 2)

/** Makes the arena empty, whatever memory holds. */
export function clearMembers(): void {
  memory.fill(FREE, 0, (<usize>CLASSES) << 2)
  store<u32>(ARENA_TOP, <u32>MEMBER_ARENA)
}

export function slotsOf(sizeClass: u32): i32 {
  return 4 << sizeClass
}

/** A block of the class, holding anything; 0 when memory is exhausted or there is no such class. */
export function takeBlock(sizeClass: u32): usize {
  if (sizeClass >= CLASSES) return 0
  const list = FREE + ((<usize>sizeClass) << 2)
  const block: usize = load<u32>(list)
  if (block) {
    store<u32>(list, load<u32>(block))
    return block
  }
  const top: usize = load<u32>(ARENA_TOP)
  const next = top + ((<usize>slotsOf(sizeClass)) << 2)
  if (next > MEMBER_ARENA_END) return 0
  store<u32>(ARENA_TOP, <u32>next)
  return top
}

export function giveBlock(block: usize, sizeClass: u32): void {
  const list = FREE + ((<usize>sizeClass) << 2)
  store<u32>(block, load<u32>(list))
  store<u32>(list, <u32>block)
}
