import { totalmem } from 'node:os'
import * as assert from 'uvu/assert'
import { grantedBytes, memoryShare } from '../../../../plugins/policy/admission/memory.js'
import { suite } from '../../../suite.js'

const MIB = 1024 * 1024

suite('policy/admission/memory', (test) => {
  test('the system grants something, and not more than there is', () => {
    assert.ok(grantedBytes() >= 64 * MIB && grantedBytes() <= totalmem(), String(grantedBytes()))
  })

  test('buffers count, against what is granted', () => {
    const before = memoryShare(1024 * MIB)
    const buffer = Buffer.alloc(256 * MIB)
    const share = memoryShare(1024 * MIB) - before
    assert.ok(buffer.length > 0 && share > 0.2 && share < 0.3, String(share))
  })

  test('the heap counts against its own limit, however much is granted', () => {
    const share = memoryShare(Number.MAX_SAFE_INTEGER)
    assert.ok(share > 0 && share < 1, String(share))
  })
})
