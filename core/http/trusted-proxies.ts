/** Who a request is from when it came through proxies of ours: what X-Forwarded-For says, as far as it can be believed. */

import { isIP, SocketAddress } from 'node:net'
import { ConfigError } from '../config/config-error.js'
import { Networks, plainAddress } from './networks.js'

export class TrustedProxies {
  readonly #networks: Networks

  /** Addresses, and networks as `10.0.0.0/8` or `fd00::/8`. Throws a `ConfigError` for anything else. */
  constructor(networks: readonly string[]) {
    try {
      this.#networks = new Networks(networks, 'listen.proxies')
    } catch (error) {
      throw new ConfigError([{ path: '', message: (error as Error).message }])
    }
  }

  /**
   * The client's address. Each proxy appends the address it was called from, so the list is believed from its right
   * end on, as long as the one who wrote it is trusted: the first that isn't is the client. A hop that is no address
   * says that a proxy isn't what it was taken for: then it is the socket's address.
   */
  addressOf(socketAddress: string, forwardedFor: string | undefined): string {
    const nearest = canonical(socketAddress) ?? socketAddress
    if (forwardedFor === undefined || !this.#networks.has(nearest)) return nearest
    let client = nearest
    for (const hop of forwardedFor.split(',').reverse()) {
      const address = canonical(withoutPort(hop.trim()))
      if (address === undefined) return nearest
      client = address
      if (!this.#networks.has(address)) break
    }
    return client
  }
}

/** One spelling for each address, so that nobody is two: IPv4 inside IPv6 is IPv4, a zone is left out. */
function canonical(text: string): string | undefined {
  const address = text.replace(/%.*$/, '')
  const version = isIP(address)
  if (version !== 6) return version === 4 ? address : undefined
  return plainAddress(new SocketAddress({ address, family: 'ipv6' }).address)
}

/** Some proxies append the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(hop) ?? []
  return bracketed ?? plain ?? hop
}
