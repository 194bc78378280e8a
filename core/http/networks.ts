/** Sets of IP addresses, written as networks: `10.0.0.0/8`, `2001:db8::/32`, or one address. */

import { BlockList, isIP, isIPv4, isIPv6 } from 'node:net'

/** An IPv4 address as a dual-stack socket names it (RFC 4291 section 2.5.5.2). */
const MAPPED = /^::ffff:(?=\d+\.\d+\.\d+\.\d+$)/i
/** What one customer is given at the least (RFC 6177): counting single addresses of it would count nothing. */
const CUSTOMER_GROUPS = 4

/** The address itself, where it is IPv4 in the clothes of IPv6. */
export const plainAddress = (address: string): string => address.replace(MAPPED, '')

/**
 * Under which name an address is counted and banned: IPv4 as it is, IPv6 as its /64, since whoever has one address of
 * it has them all. What is no address stays what it is.
 */
export function addressKey(address: string): string {
  const plain = plainAddress(address)
  if (!isIPv6(plain)) return plain
  const [head = '', tail] = plain.split('%', 1)[0]!.split('::')
  const left = head === '' ? [] : head.split(':')
  const right = tail === undefined || tail === '' ? [] : tail.split(':')
  // The last group of either half may be IPv4 in dots, which stands for two; none reaches the first four but by `::`.
  const written = left.length + right.length + (plain.includes('.') ? 1 : 0)
  const zeros = tail === undefined ? 0 : 8 - written
  const groups = [...left, ...Array<string>(Math.max(0, zeros)).fill('0'), ...right]
  const network = groups.slice(0, CUSTOMER_GROUPS).map((group) => Number.parseInt(group, 16).toString(16))
  return `${network.join(':')}::/64`
}

export class Networks {
  readonly #list = new BlockList()
  readonly size: number

  /** Throws an `Error` that begins with `name[i]`, the option at fault. */
  constructor(networks: readonly string[], name: string) {
    this.size = networks.length
    for (const [i, network] of networks.entries()) {
      if (!this.#add(network)) {
        throw new Error(`${name}[${i}]: must be an address or a network such as 10.0.0.0/8 or fd00::/8`)
      }
    }
  }

  /** Whether an address lies in one of the networks; what is no address lies in none. */
  has(address: string): boolean {
    const plain = plainAddress(address)
    const version = isIP(plain)
    return version !== 0 && this.#list.check(plain, version === 6 ? 'ipv6' : 'ipv4')
  }

  #add(network: string): boolean {
    const [, address = '', digits] = /^([0-9a-f:.]+)(?:\/(\d{1,3}))?$/i.exec(network) ?? []
    const widest = isIPv4(address) ? 32 : isIPv6(address) ? 128 : -1
    const bits = digits === undefined ? widest : Number(digits)
    if (widest === -1 || bits > widest) return false
    this.#list.addSubnet(address, bits, widest === 32 ? 'ipv4' : 'ipv6')
    return true
  }
}
