/**
 * Takes the half of a core that is left over: a process that is always busy beside one server, as two servers would
 * be beside each other. In short turns, so that it hears when it shall end.
 */

const TURN_MS = 5

function burn(): void {
  const end = performance.now() + TURN_MS
  while (performance.now() < end);
  setImmediate(burn)
}

console.log('listening 0')
burn()
