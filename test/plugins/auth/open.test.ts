import * as assert from 'uvu/assert'
import open from '../../../plugins/auth/open.js'
import { authContract, construct } from '../../contract/index.js'
import { suite } from '../../suite.js'

const everywhere = { host: '0.0.0.0', port: 8080, loopback: false }

suite('auth/open', (test) => {
  const accepted = [
    { token: undefined, address: '127.0.0.1' },
    { token: 'anything', address: '127.0.0.1' },
  ]
  for (const { name, run } of authContract({ make: () => construct(open), accepted })) test(name, run)

  test('names everyone anonymous', async () => {
    const principal = await construct(open).authenticate({ token: undefined, address: '127.0.0.1' })
    assert.equal(principal, { id: 'anonymous', grants: {}, shared: true })
  })

  test('refuses to serve an address that others can reach, and says what to do', () => {
    assert.throws(
      () => construct(open, {}, { listen: everywhere }),
      (error: Error) =>
        /^insecure: anyone who reaches 0\.0\.0\.0 could connect; use auth "token" or "jwt".* or say "insecure": true$/.test(
          error.message,
        ),
    )
    construct(open, { insecure: true }, { listen: everywhere })
  })
})
