/** What the cluster is to the hub and its parts: the other nodes, links to them, and who else has members of a room. */

import type { Link, LinkListener, NodeInfo } from './links/link.js'

/** How busy a node says it is. */
export interface NodeLoad {
  /** 0: idle, 1: all it can do. */
  readonly load: number
  readonly peers: number
  /** It sends its clients away. */
  readonly draining: boolean
}

/** What is known of another node that is alive. */
export interface NodeStatus extends NodeInfo, NodeLoad {
  /** Incarnations of nodes that are gone, whose sessions it has. */
  readonly inherited: readonly string[]
}

export interface Cluster {
  /** This node's own. */
  readonly incarnation: string
  /** Those that are alive, without this one. */
  readonly nodes: Iterable<NodeStatus>
  node(incarnation: string): NodeStatus | undefined
  /** The other node, alive, that has what this one had: itself, or who took its sessions up from a file. */
  heirOf(incarnation: string): NodeStatus | undefined
  /** What this node has inherited, the latest first. */
  readonly inherited: readonly string[]
  /** This node has the sessions of nodes that are gone, and the others shall know. */
  inherit(incarnations: readonly string[]): void
  /**
   * The link to a node, up or opening; it is opened where there is none. Undefined: no such node is alive, or it is
   * this one.
   */
  link(incarnation: string): Link | undefined
  /** Records of the types from `from` to before `to` go to this listener; up, confirmed and down go to all. */
  listen(from: number, to: number, listener: LinkListener): void
  /** Says `here` on the topic of the room, and hears those of others, until `disregard`. Again: nothing. */
  regard(room: string): void
  disregard(room: string): void
  /** Adds one who is told when another node says that it has members of a room that is regarded here. */
  onHere(hear: (room: string, incarnation: string) => void): void
  /** Says something to every node, best effort: whoever must be heard says it again. The body is at most 16 KiB. */
  tellAll(type: number, body: Buffer): void
  /** Adds one who is told what others say to every node. `body` is valid during the call; throw `BadRecord` if it is wrong. */
  onCommand(hear: (from: NodeInfo, type: number, body: Buffer) => void): void
  /** What the others shall know of this node from now on. */
  report(load: NodeLoad): void
}
