/** Where a started server can be reached. */
export interface Addresses {
  /** `http://host:port`, or https, for the page and, at the transports' paths, for clients. */
  readonly url: string
  readonly adminUrl: string | undefined
  /** The call page; undefined when the config says that there is none. */
  readonly page: string | undefined
  /** Where the transports take connections, one URL each. */
  readonly clients: readonly string[]
  /** What observers have mounted on the admin listener, one URL each. */
  readonly operators: readonly string[]
}

/** What addresses are made of: where the two listeners are, and what is served there. */
export interface Reach {
  readonly secure: boolean
  readonly host: string
  readonly port: number
  /** Undefined: there is no admin listener. */
  readonly admin: { readonly host: string; readonly port: number } | undefined
  readonly hasPage: boolean
  readonly clientPaths: readonly string[]
  readonly operatorPaths: readonly string[]
}

export function addressesOf({ secure, host, port, admin, hasPage, ...paths }: Reach): Addresses {
  const url = urlAt(secure ? 'https' : 'http', host, port)
  const adminUrl = admin && urlAt('http', admin.host, admin.port)
  return {
    url,
    adminUrl,
    page: hasPage ? `${url}/` : undefined,
    clients: paths.clientPaths.map((path) => url.replace(/^http/, 'ws') + path),
    operators: adminUrl === undefined ? [] : paths.operatorPaths.map((path) => adminUrl + path),
  }
}

const urlAt = (scheme: string, host: string, port: number): string =>
  `${scheme}://${host.includes(':') ? `[${host}]` : host}:${port}`
