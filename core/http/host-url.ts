/** What a Host header may consist of: with anything else, a URL made of it would have another host than it seems. */
const HOST = /^[A-Za-z0-9._:[\]-]+$/

/** The URL of a host as a browser understands it; undefined when it is none. */
export function hostUrl(scheme: 'http' | 'https', host: string | undefined): URL | undefined {
  if (host === undefined || !HOST.test(host)) return undefined
  const url = `${scheme}://${host}`
  return URL.canParse(url) ? new URL(url) : undefined
}
