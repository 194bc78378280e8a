import { nkeys } from '@nats-io/transport-node'

type KeyPair = ReturnType<typeof nkeys.createUser>

/** An operator with one account and one user, as `nsc` would make them. */
export function jwtCredentials(): { readonly config: string; readonly creds: string } {
  const [operator, account, user] = [nkeys.createOperator(), nkeys.createAccount(), nkeys.createUser()]
  const signed = (by: KeyPair, of: KeyPair, type: string, claims: object = {}) =>
    token(by, { sub: of.getPublicKey(), name: type, nats: { type, version: 2, ...claims } })
  const unlimited = {
    conn: -1,
    imports: -1,
    exports: -1,
    leaf: -1,
    wildcards: true,
    subs: -1,
    data: -1,
    payload: -1,
  }
  const accountJwt = signed(operator, account, 'account', { limits: unlimited })
  const userJwt = signed(account, user, 'user', { pub: {}, sub: {}, subs: -1, data: -1, payload: -1 })
  return {
    config: [
      `operator: ${signed(operator, operator, 'operator')}`,
      'resolver: MEMORY',
      `resolver_preload: { ${account.getPublicKey()}: ${accountJwt} }`,
    ].join('\n'),
    creds: [
      framed('NATS USER JWT', userJwt),
      framed('USER NKEY SEED', Buffer.from(user.getSeed()).toString()),
    ].join('\n'),
  }
}

/** A JWT in the way of NATS: Ed25519, by key pairs of its own notation. */
function token(by: KeyPair, claims: object): string {
  const part = (value: object) => Buffer.from(JSON.stringify(value)).toString('base64url')
  const body = `${part({ typ: 'JWT', alg: 'ed25519-nkey' })}.${part({ jti: 'test', iat: 1, iss: by.getPublicKey(), ...claims })}`
  return `${body}.${Buffer.from(by.sign(Buffer.from(body))).toString('base64url')}`
}

const framed = (title: string, text: string) =>
  `-----BEGIN ${title}-----\n${text}\n------END ${title}------\n`
