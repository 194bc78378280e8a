/** The public door: `signalbox/client/seal`. */

export { createIdentity, type Identity, identityOf } from '../identity/identity.js'
export { type KeyStore, knownKeys, type Trust, trustOnFirstUse } from '../identity/trust.js'
export { createSecret } from './room-secret.js'
export { createSeal, type Seal, type SealOptions } from './seal.js'
