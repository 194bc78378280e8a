/** y-webrtc's own server. It binds every interface and any port it likes: not here. */

import { Server } from 'node:net'

const { listen } = Server.prototype
Server.prototype.listen = function () {
  return listen.call(this, 0, '127.0.0.1', 1024, () => console.log(`listening ${this.address().port}`))
}
await import(new URL('./node_modules/y-webrtc/bin/server.js', import.meta.url))
