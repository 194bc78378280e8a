/** Whether a room is meant: a pattern is the exact name, or its beginning when it ends in `*`. */
export function matchesRoom(pattern: string, room: string): boolean {
  return pattern.endsWith('*') ? room.startsWith(pattern.slice(0, -1)) : room === pattern
}
