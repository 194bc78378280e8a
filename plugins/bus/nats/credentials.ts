import { type Static, Type } from '../../../core/api.js'

const text = (description: string) => Type.Optional(Type.String({ minLength: 1, description }))

/** Who the servers are to the broker, and how they know that it is the broker. */
export const NATS_CREDENTIALS = {
  token: text('a token; one of token, user, nkey and creds'),
  user: text('a user, with a password'),
  password: text('its password'),
  nkey: text('the seed of a user NKey, `SU…`'),
  creds: text('the contents of a credentials file (by a `file:` reference)'),
  tls: Type.Optional(
    Type.Object(
      {
        ca: text('certificates that sign that of the broker, PEM; absent: those that Node trusts'),
        cert: text('the certificate that is shown to the broker, PEM'),
        key: text('its key, PEM'),
      },
      { description: 'encryption; with it no server is talked to in the clear' },
    ),
  ),
}

const schema = Type.Object(NATS_CREDENTIALS)
export type NatsCredentials = Static<typeof schema>

/** Throws, naming the option, for credentials that don't go together. */
export function checkCredentials({ token, user, password, nkey, creds, tls }: NatsCredentials): void {
  if ([token, user, nkey, creds].filter((one) => one !== undefined).length > 1) {
    throw new Error('user: is one way to be known, as token, nkey and creds are; choose one of them')
  }
  if ((user === undefined) !== (password === undefined))
    throw new Error('password: goes with user, and user with it')
  if ((tls?.cert === undefined) !== (tls?.key === undefined))
    throw new Error('tls.key: goes with tls.cert, and tls.cert with it')
}
