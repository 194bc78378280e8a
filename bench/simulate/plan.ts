/** What happens, when, and how fast everything is: the assumptions of the simulation, all in one place. */

export const PLAN = {
  peersPerNode: 1000,
  /** What a node can carry: the fleet is half full. */
  nodeCapacity: 2000,
  peersPerRoom: 4,
  /** `limits.membersPerRoom`: no room grows beyond it. */
  largestRoom: 10_000,
  /** Of the members of a room, those who are from its own region; the rest are from anywhere. */
  atHome: 0.8,
  /** How long somebody stays, and stays away; means of exponential distributions. */
  stayMs: 300_000,
  awayMs: 30_000,
  /** Nodes report their load this often. */
  reportMs: 1000,

  /** From a client to a data centre in its own region, there and back. */
  accessMs: 20,
  /** TCP, TLS 1.3, the upgrade: whose answer has `joined` in it. */
  roundTripsToJoin: 3,
  /** Processor time that a node spends on somebody who comes, mostly TLS; one at a time. */
  joinCostMs: 0.25,

  /** Messages between two who set up a call: offer, answer, nine candidates each way. */
  messagesPerPair: 20,
  /** Somebody who joins sets up calls with no more than so many of those who are there. */
  pairsPerJoin: 8,
  publishesPerSecond: 0.1,

  /** A node that dies is missed after this time: until then, people are still sent there. */
  missedAfterMs: 4000,
  /** An attempt to reach a node that is dead is given up after this time. */
  connectTimeoutMs: 5000,
  /** When a client takes a node that died for dead: it was asked for a sign of life at some time before. */
  silentFromMs: 2000,
  silentToMs: 12_000,
  /** Full jitter before an attempt, as the client has it: up to this, doubled with each failure, up to the cap. */
  retryMs: 250,
  retryCapMs: 10_000,

  fillMs: 60_000,
  /** The fleet is measured at rest from `fillMs` and this time on. */
  restMs: 30_000,
  failAt: 120_000,
  /** Of the nodes, so many die at once. */
  failing: 0.02,
  backAt: 150_000,
  deployAt: 180_000,
  /** Every node is drained and replaced, in so many batches. */
  batches: 10,
  batchMs: 15_000,
  drainMs: 10_000,
  endMs: 350_000,
} as const
