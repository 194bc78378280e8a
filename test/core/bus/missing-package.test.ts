import * as assert from 'uvu/assert'
import { missingPackage } from '../../../core/bus/missing-package.js'
import { rejection } from '../../rejection.js'
import { suite } from '../../suite.js'

const ABSENT = 'a-package-that-nobody-has'

suite('bus/missing-package', (test) => {
  test('says how to get a package that is not there', async () => {
    const { message } = await rejection(import(ABSENT).catch(missingPackage(ABSENT, 6)))
    assert.is(message, `the package ${ABSENT} is not installed: npm install ${ABSENT}@6`)
  })

  test('leaves other errors as they are: a mistake in the package, or something else that it misses', async () => {
    const { message } = await rejection(import(ABSENT).catch(missingPackage('another', 6)))
    assert.match(message, ABSENT)
    const mistake = new Error('a mistake')
    assert.is(await rejection(Promise.reject(mistake).catch(missingPackage(ABSENT, 6))), mistake)
  })
})
