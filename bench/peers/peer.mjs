/** The PeerJS server as it comes. It has no rooms: it carries messages from one id to another. */

import { createServer } from 'node:http'
import express from 'express'
import { ExpressPeerServer } from 'peer'

const app = express()
const server = createServer(app)
app.use('/', ExpressPeerServer(server, { path: '/', alive_timeout: 3_600_000, concurrent_limit: 1_000_000 }))
server.listen(0, '127.0.0.1', 1024, () => console.log(`listening ${server.address().port}`))
