/** Two networks that can be taken apart: Linux network namespaces on one bridge, with the lab in a third. */

import { execFileSync } from 'node:child_process'

/** One of the two. */
export interface Network {
  readonly address: string
  /** What a command begins with that is to run there. */
  readonly prefix: readonly string[]
}

export class TwoNetworks {
  readonly left: Network
  readonly right: Network
  readonly #bridge: string
  readonly #names: readonly string[]

  private constructor(tag: number) {
    this.#bridge = `sblab${tag}`
    const network = (name: string, last: number): Network => ({
      address: `10.213.${tag}.${last}`,
      prefix: ['ip', 'netns', 'exec', name],
    })
    const [left, right] = [`${this.#bridge}a`, `${this.#bridge}b`] as const
    this.#names = [left, right]
    this.left = network(left, 2)
    this.right = network(right, 3)
  }

  /** Why there can't be any; undefined: there can. */
  static lacks(): string | undefined {
    if (process.getuid?.() !== 0) return 'networks of their own need root'
    const name = `sblab${process.pid}`
    try {
      ip('netns', 'add', name)
      ip('netns', 'del', name)
      return undefined
    } catch (error) {
      return `"ip netns" can't be used here: ${(error as Error).message.split('\n')[0]}`
    }
  }

  static create(): TwoNetworks {
    const networks = new TwoNetworks(process.pid % 250)
    networks.remove() // what a run that was killed has left
    try {
      networks.#build()
    } catch (error) {
      networks.remove()
      throw error
    }
    return networks
  }

  #build(): void {
    const bridge = this.#bridge
    ip('link', 'add', bridge, 'type', 'bridge', 'forward_delay', '0')
    ip('address', 'add', `${this.left.address.replace(/\d+$/, '1')}/24`, 'dev', bridge)
    ip('link', 'set', bridge, 'up')
    for (const [i, name] of this.#names.entries()) {
      const { address } = i === 0 ? this.left : this.right
      ip('netns', 'add', name)
      ip('link', 'add', `${name}0`, 'type', 'veth', 'peer', 'name', 'eth0', 'netns', name)
      ip('link', 'set', `${name}0`, 'master', bridge, 'up')
      ip('-n', name, 'address', 'add', `${address}/24`, 'dev', 'eth0')
      ip('-n', name, 'link', 'set', 'lo', 'up')
      ip('-n', name, 'link', 'set', 'eth0', 'up')
    }
  }

  /** From now on nothing passes between the two, and nobody is told; the lab still reaches both. */
  part(): void {
    this.#isolate('on')
  }

  heal(): void {
    this.#isolate('off')
  }

  /** Ends the connections between the two, on both sides. */
  breakOff(): void {
    for (const [here, there] of [
      [this.left, this.right],
      [this.right, this.left],
    ] as const) {
      const [command = '', ...args] = [...here.prefix, 'ss', '--kill', 'dst', there.address]
      execFileSync(command, args, { stdio: 'ignore' })
    }
  }

  #isolate(isolated: 'on' | 'off'): void {
    for (const name of this.#names)
      ip('link', 'set', 'dev', `${name}0`, 'type', 'bridge_slave', 'isolated', isolated)
  }

  /** Whatever runs there must have ended. */
  remove(): void {
    for (const name of this.#names) ignoring(() => ip('netns', 'del', name))
    for (const name of this.#names) ignoring(() => ip('link', 'del', `${name}0`))
    ignoring(() => ip('link', 'del', this.#bridge))
  }
}

function ip(...args: string[]): void {
  execFileSync('ip', args, { stdio: ['ignore', 'ignore', 'pipe'] })
}

/** For what may be gone already. */
function ignoring(work: () => void): void {
  try {
    work()
  } catch {
    // it was not there
  }
}
