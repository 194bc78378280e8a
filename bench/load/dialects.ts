/**
 * What servers differ in, and nothing else: how a client gets in and into its room, how it says what it says, and
 * where in a delivered frame the payload stands. Placeholders as in plan.h: %R room, %S own id, %T the other's id,
 * %N the connection's number, %D the payload.
 */

export type DialectName = 'signalbox' | 'ws' | 'socket.io' | 'peer' | 'protoo' | 'y-webrtc' | 'relay'

/** A step of getting in: a text to send, words to wait for, or an id of so many characters behind a prefix. */
export type Step =
  | readonly ['send', string]
  | readonly ['expect', string]
  | readonly ['capture', string, number]

export type Signal = 'offer' | 'answer' | 'candidate'
export type Saying = Signal | 'publish' | 'rejoin'

/** How one message is said, and how it arrives. */
export interface Phrase {
  /** Frames of the client; one of them holds %D. */
  readonly frames: readonly string[]
  /** What follows the payload in a delivered frame. */
  readonly tail: string
  /** Frames that it causes besides the deliveries of its payload. */
  readonly others?: number
  /** Whether the sender gets a copy too. */
  readonly echo?: boolean
}

export interface Dialect {
  readonly path: string
  readonly headers?: readonly string[]
  /** A client's own id, unless a step captures it. */
  readonly self: string
  /** From the open connection into the room. */
  readonly enter: readonly Step[]
  /** Path and steps of a connection that is in no room. */
  readonly idlePath: string
  readonly idle: readonly Step[]
  /** How an idle connection joins one more room. */
  join?(room: string): readonly Step[]
  /**
   * How a client says how many text frames it has: after every so many, and a quarter of a second after one at the
   * latest. The first `uncounted` of a connection don't count. Absent where clients say nothing.
   */
  readonly acks?: {
    readonly every: number
    readonly uncounted: number
    /** What stands around the number. */
    readonly around: readonly [string, string]
  }
  /** Undefined: the server has no way to say it. `members` counts the sender. */
  phrase(saying: Saying, members: number): Phrase | undefined
}

const to = '"to":"%T",'

const signalbox: Dialect = {
  path: '/signal?room=%R',
  headers: ['Sec-WebSocket-Protocol: signalbox.v1'],
  self: '',
  enter: [
    ['capture', '{"type":"welcome","peer":"', 16],
    ['expect', '"type":"joined"'],
  ],
  idlePath: '/signal',
  idle: [['capture', '{"type":"welcome","peer":"', 16]],
  join: (room) => [
    ['send', `{"type":"join","room":"${room}"}`],
    ['expect', '"type":"joined"'],
  ],
  acks: { every: 64, uncounted: 1, around: ['{"type":"ack","seen":', '}'] }, // all but welcome
  phrase(saying, members) {
    if (saying === 'rejoin') {
      return {
        frames: ['{"type":"leave","room":"%R"}', '{"type":"join","room":"%R","data":%D}'],
        tail: ',"polite":false}}',
        others: members, // peer-left to the others, joined to the one
      }
    }
    const whom = saying === 'publish' ? '' : to
    return { frames: [`{"type":"${saying}","room":"%R",${whom}"data":%D}`], tail: '}' }
  },
}

/** The one of ws-server.mjs. */
const ws: Dialect = {
  path: '/%S',
  self: 'peer-00000%N',
  enter: [
    ['send', '{"type":"join","room":"%R"}'],
    ['expect', '"type":"joined"'],
  ],
  idlePath: '/%S',
  idle: [],
  join: signalbox.join!,
  phrase(saying, members) {
    const phrase = signalbox.phrase(saying, members)!
    return saying === 'rejoin' ? { ...phrase, tail: '}}' } : phrase
  },
}

/** The one of socket.io.mjs, over Engine.IO 4. */
const socketIo: Dialect = {
  path: '/socket.io/?EIO=4&transport=websocket',
  self: '',
  enter: [
    ['expect', '0{'],
    ['send', '40'],
    ['capture', '40{"sid":"', 20],
    ['send', '42["join","%R"]'],
    ['expect', '42["joined"'],
  ],
  idlePath: '/socket.io/?EIO=4&transport=websocket',
  idle: [
    ['expect', '0{'],
    ['send', '40'],
    ['capture', '40{"sid":"', 20],
  ],
  join: (room) => [
    ['send', `42["join","${room}"]`],
    ['expect', '42["joined"'],
  ],
  phrase(saying, members) {
    if (saying === 'rejoin')
      return { frames: ['42["leave","%R"]', '42["join","%R",%D]'], tail: '}]', others: members }
    const whom = saying === 'publish' ? '' : to
    return { frames: [`42["signal",{"room":"%R",${whom}"kind":"${saying}","data":%D}]`], tail: '}]' }
  },
}

/** PeerJS carries signals from one id to another; it knows no rooms. */
const peer: Dialect = {
  path: '/peerjs?key=peerjs&token=t&id=%S',
  self: 'peer-00000%N',
  enter: [['expect', '"type":"OPEN"']],
  idlePath: '/peerjs?key=peerjs&token=t&id=%S',
  idle: [['expect', '"type":"OPEN"']],
  phrase: (saying) =>
    saying === 'publish' || saying === 'rejoin'
      ? undefined
      : { frames: [`{"type":"${saying.toUpperCase()}","dst":"%T","payload":%D}`], tail: '}' },
}

/** The one of protoo.mjs: a peer is in one room, as long as its connection. */
const protoo: Dialect = {
  path: '/%R/%S',
  headers: ['Sec-WebSocket-Protocol: protoo'],
  self: 'peer-00000%N',
  enter: [
    ['send', '{"request":true,"id":1,"method":"ready","data":{}}'],
    ['expect', '"response":true'],
  ],
  idlePath: '/alone-%N/%S',
  idle: [],
  phrase(saying) {
    if (saying === 'rejoin') return undefined
    const whom = saying === 'publish' ? '' : to
    return {
      frames: [`{"notification":true,"method":"${saying}","data":{${whom}"data":%D}}`],
      tail: '}}',
    }
  },
}

/** Everything goes to everyone who subscribed, the sender included. */
const yWebrtc: Dialect = {
  path: '/',
  self: 'peer-00000%N',
  enter: [
    ['send', '{"type":"subscribe","topics":["%R"]}'],
    ['send', '{"type":"ping"}'],
    ['expect', '"type":"pong"'],
  ],
  idlePath: '/',
  idle: [],
  phrase: (saying, members) =>
    saying === 'rejoin'
      ? undefined
      : {
          frames: [`{"type":"publish","topic":"%R","data":%D}`],
          tail: `,"clients":${members}}`,
          echo: true,
        },
}

/** The relays read nothing: they pass on what a delivery of signalbox looks like. */
const relay: Dialect = {
  path: '/%R',
  self: 'peer-00000%N',
  enter: [],
  idlePath: '/alone-%N',
  idle: [],
  phrase: (saying) =>
    saying === 'rejoin'
      ? undefined
      : { frames: [`{"type":"${saying}","room":"%R","from":"%S","data":%D}`], tail: '}' },
}

export const DIALECTS: Readonly<Record<DialectName, Dialect>> = {
  signalbox,
  ws,
  'socket.io': socketIo,
  peer,
  protoo,
  'y-webrtc': yWebrtc,
  relay,
}
