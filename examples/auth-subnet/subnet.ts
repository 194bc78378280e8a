/** Lets in who connects from certain networks, without a token: an office, a VPN. */

import { BlockList, isIPv6 } from 'node:net'
import {
  type Auth,
  type Credentials,
  definePlugin,
  inject,
  injectable,
  OPTIONS,
  type Principal,
  type Static,
  Type,
} from 'signalbox/plugin'

const options = Type.Object({
  name: Type.String({ minLength: 1, default: 'local', description: 'the principal id of everyone inside' }),
  subnets: Type.Array(Type.String(), { minItems: 1, description: 'networks, such as 10.0.0.0/8' }),
})

@injectable()
class SubnetAuth implements Auth {
  readonly #inside = new BlockList()
  readonly #principal: Principal

  constructor(@inject(OPTIONS) { name, subnets }: Static<typeof options>) {
    this.#principal = { id: name, grants: {} }
    subnets.forEach((subnet, i) => {
      const [network = '', bits] = subnet.split('/')
      try {
        this.#inside.addSubnet(network, Number(bits), familyOf(network))
      } catch {
        throw new Error(`subnets[${i}]: must be a network such as 10.0.0.0/8 or fd00::/8`)
      }
    })
  }

  /** Whoever comes from elsewhere is for the next plugin of the chain to judge. */
  authenticate({ address }: Credentials): Principal | undefined {
    return this.#inside.check(address, familyOf(address)) ? this.#principal : undefined
  }
}

const familyOf = (address: string): 'ipv4' | 'ipv6' => (isIPv6(address) ? 'ipv6' : 'ipv4')

export default definePlugin({
  kind: 'auth',
  name: 'subnet',
  description: 'Lets in who connects from certain networks.',
  options,
  useClass: SubnetAuth,
})
