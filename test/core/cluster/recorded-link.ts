import type { Link } from '../../../core/cluster/links/link.js'

/** A link that keeps what is sent over it. */
export class RecordedLink implements Link {
  readonly node: { readonly incarnation: string; readonly name: string }
  readonly sent: { readonly type: number; readonly body: Buffer }[] = []
  isUp = true
  confirmed = 0

  constructor(name = 'elsewhere') {
    this.node = { incarnation: name.padEnd(16, '_'), name }
  }

  get position(): number {
    return this.sent.length
  }

  send(type: number, ...parts: readonly Uint8Array[]): void {
    if (this.isUp) this.sent.push({ type, body: Buffer.concat(parts) })
  }

  sendFrame(): void {
    throw new Error('nothing here sends frames')
  }
}
