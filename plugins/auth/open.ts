/** Lets everyone in, under one name. For development, and for servers behind something else that decides. */

import {
  type Auth,
  definePlugin,
  inject,
  injectable,
  LISTEN,
  type Listen,
  OPTIONS,
  type Principal,
  type Static,
  Type,
} from '../../core/api.js'

const options = Type.Object({
  insecure: Type.Boolean({
    default: false,
    description: 'allow it on an address that other machines can reach: anyone there may connect',
  }),
})

const ANONYMOUS: Principal = Object.freeze({
  id: 'anonymous',
  grants: Object.freeze({}),
  shared: true,
})

@injectable()
class OpenAuth implements Auth {
  constructor(@inject(OPTIONS) { insecure }: Static<typeof options>, @inject(LISTEN) listen: Listen) {
    if (listen.loopback || insecure) return
    throw new Error(
      `insecure: anyone who reaches ${listen.host} could connect; use auth "token" or "jwt", listen on 127.0.0.1, or say "insecure": true`,
    )
  }

  authenticate(): Principal {
    return ANONYMOUS
  }
}

export default definePlugin({
  kind: 'auth',
  name: 'open',
  description: 'Lets everyone in as "anonymous"; on loopback only, unless told otherwise.',
  options,
  useClass: OpenAuth,
})
