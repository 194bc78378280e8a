import type { LabNode } from './cluster.js'

/** How often each node is asked, and how long it may take to answer, milliseconds. */
const EVERY_MS = 200
const PATIENCE_MS = 5000

/** Asks nodes for their health, as a supervisor and a load balancer would, and keeps what they say. */
export class Health {
  /** What nodes say of their readiness: `200 ready`, `503 degraded: …`. */
  readonly #said = new Map<LabNode, string>()
  readonly #dead: string[] = []
  readonly #timer: NodeJS.Timeout
  readonly #asking = new Set<LabNode>()

  constructor(nodes: readonly LabNode[]) {
    this.#timer = setInterval(() => {
      for (const node of nodes) void this.#ask(node)
    }, EVERY_MS)
  }

  stop(): void {
    clearInterval(this.#timer)
  }

  /** Whether a node says that it is ready; undefined: it hasn't been asked yet. */
  isReady(node: LabNode): boolean | undefined {
    return this.#said.get(node)?.startsWith('200')
  }

  /** What a node said last. */
  lastWord(node: LabNode): string {
    return this.#said.get(node) ?? 'nothing'
  }

  /** When a node seemed dead: liveness is never to depend on others. */
  get deaths(): readonly string[] {
    return this.#dead
  }

  async #ask(node: LabNode): Promise<void> {
    if (this.#asking.has(node)) return
    this.#asking.add(node)
    const { adminUrl } = node.server
    try {
      const ready = await fetch(`${adminUrl}/readyz`, { signal: AbortSignal.timeout(PATIENCE_MS) })
      this.#said.set(node, `${ready.status} ${(await ready.text()).trim()}`)
      const alive = await fetch(`${adminUrl}/healthz`, { signal: AbortSignal.timeout(PATIENCE_MS) })
      await alive.arrayBuffer()
      if (alive.status !== 200) this.#dead.push(`${node.name} answers ${alive.status}`)
    } catch (error) {
      this.#dead.push(`${node.name} doesn't answer: ${(error as Error).message}`)
    } finally {
      this.#asking.delete(node)
    }
  }
}
