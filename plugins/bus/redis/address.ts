/** Where a Redis is, who the servers are to it, and how both are sure of each other. */
export interface RedisAddress {
  readonly host: string
  readonly port: number
  readonly username?: string
  readonly password?: string
  /** Absent: in the clear. */
  readonly tls?: TlsMaterial
}

/** PEM. */
export interface TlsMaterial {
  readonly ca?: string
  readonly cert?: string
  readonly key?: string
}

const DEFAULT_PORT = 6379

/** Throws, naming the option and never repeating the URL: it may hold a password. */
export function parseAddress({ url: text, tls }: { url: string; tls?: TlsMaterial }): RedisAddress {
  const url = URL.canParse(text) ? new URL(text) : undefined
  const isSecure = url?.protocol === 'rediss:'
  if (url === undefined || url.hostname === '' || (url.protocol !== 'redis:' && !isSecure)) {
    throw new Error('url: must be redis://host:port or rediss://host:port')
  }
  if (!/^(\/\d*)?$/.test(url.pathname) || url.search !== '' || url.hash !== '') {
    throw new Error('url: ends with the port; everything else is an option of its own')
  }
  if (tls !== undefined && !isSecure) throw new Error('tls: needs a url that begins with rediss://')
  if ((tls?.cert === undefined) !== (tls?.key === undefined)) {
    throw new Error('tls.key: goes with tls.cert, and tls.cert with it')
  }
  return {
    host: url.hostname.replace(/^\[(.*)\]$/, '$1'),
    port: url.port === '' ? DEFAULT_PORT : Number(url.port),
    ...(url.username === '' ? {} : { username: decodeURIComponent(url.username) }),
    ...(url.password === '' ? {} : { password: decodeURIComponent(url.password) }),
    ...(isSecure ? { tls: tls ?? {} } : {}),
  }
}
