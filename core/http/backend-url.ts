import { isLoopback } from './loopback.js'

/**
 * The URL of a service that is believed, so that nobody on the way may answer in its place: https, or http on this
 * machine. Throws an `Error` that begins with the name of the option.
 */
export function backendUrl(option: string, given: string): URL {
  const url = URL.canParse(given) ? new URL(given) : undefined
  const isHere = url !== undefined && isLoopback(url.hostname.replace(/^\[(.*)\]$/, '$1'))
  if (url?.protocol === 'https:' || (url?.protocol === 'http:' && isHere)) return url
  throw new Error(`${option}: must be an https URL, or an http one of this machine`)
}
