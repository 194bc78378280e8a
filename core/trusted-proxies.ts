/** Who a request is from when it came through proxies of ours: what X-Forwarded-For says, as far as it can be believed. */

import { BlockList, isIP, SocketAddress } from 'node:net'
import { configError } from './config/config-error.js'

export class TrustedProxies {
  readonly #networks = new BlockList()
  readonly #any: boolean

  /** Addresses, and networks as `10.0.0.0/8` or `fd00::/8`. Throws a `ConfigError` for anything else. */
  constructor(networks: readonly string[]) {
    this.#any = networks.length > 0
    for (const [i, network] of networks.entries()) {
      if (!this.#add(network)) {
        throw configError(
          `listen.proxies[${i}]`,
          'is neither an IP address nor a network; write it as 10.1.2.3 or 10.0.0.0/8',
        )
      }
    }
  }

  /**
   * The client's address. Each proxy appends the address it was called from, so the list is believed from its right
   * end on, as long as the one who wrote it is trusted: the first that isn't is the client. A hop that is no address
   * says that a proxy isn't what it was taken for: then it is the socket's address.
   */
  addressOf(socketAddress: string, forwardedFor: string | undefined): string {
    const nearest = canonical(socketAddress) ?? socketAddress
    if (!this.#any || forwardedFor === undefined || !this.#trusts(nearest)) return nearest
    let client = nearest
    for (const hop of forwardedFor.split(',').reverse()) {
      const address = canonical(withoutPort(hop.trim()))
      if (address === undefined) return nearest
      client = address
      if (!this.#trusts(address)) break
    }
    return client
  }

  #add(network: string): boolean {
    const [, address, bits] = /^([^/]+)(?:\/(\d{1,3}))?$/.exec(network) ?? []
    const version = isIP(address ?? '')
    const family = version === 6 ? 'ipv6' : 'ipv4'
    if (address === undefined || version === 0) return false
    if (bits === undefined) this.#networks.addAddress(address, family)
    else if (Number(bits) > (version === 6 ? 128 : 32)) return false
    else this.#networks.addSubnet(address, Number(bits), family)
    return true
  }

  #trusts(address: string): boolean {
    return this.#networks.check(address, isIP(address) === 6 ? 'ipv6' : 'ipv4')
  }
}

/** One spelling for each address, so that nobody is two: IPv4 inside IPv6 is IPv4, a zone is left out. */
function canonical(text: string): string | undefined {
  const address = text.replace(/%.*$/, '')
  const version = isIP(address)
  if (version === 4) return address
  if (version === 0) return undefined
  const spelled = new SocketAddress({ address, family: 'ipv6' }).address
  return /^::ffff:([\d.]+)$/.exec(spelled)?.[1] ?? spelled
}

/** Some proxies append the port: `192.0.2.1:4711`, `[2001:db8::1]:4711`. */
function withoutPort(hop: string): string {
  const [, bracketed, plain] = /^(?:\[([^\]]*)\](?::\d{1,5})?|([\d.]+):\d{1,5})$/.exec(hop) ?? []
  return bracketed ?? plain ?? hop
}
