/** The names that messages of a bus travel under; every broker takes them as they are, none as a pattern. */

const TOPIC = /^[A-Za-z0-9_-]+(\.[A-Za-z0-9_-]+)*$/
const MAX_LENGTH = 120

/** Throws when `topic` isn't one: what a broker would read as a pattern, or as more than a name, never gets there. */
export function checkTopic(topic: string): void {
  if (topic.length <= MAX_LENGTH && TOPIC.test(topic)) return
  throw new Error(
    `a topic is words of A-Z a-z 0-9 _ - with points between, ${MAX_LENGTH} characters at the most; this has ${topic.length}: ${JSON.stringify(topic.slice(0, 40))}`,
  )
}
