import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { hidePassword, hidePasswordIn } from '../../../src/client/login/hide-password.js'
import { runs } from '../../helpers/runs.js'

t.test('a password is struck out in every form', async t => {
  const password = 'a"b\\c é/+?% \'x'
  for (const form of [
    password,
    JSON.stringify(password),
    JSON.stringify(password).replace('é', '\\u00e9'),
    encodeURIComponent(password),
    encodeURI(password),
    new URLSearchParams({ p: password }).get('p')!,
    Buffer.from(password).toString('base64'),
    Buffer.from(password).toString('base64url'),
    `'${password.replace(/[\\'"]/g, '\\$&')}'`,
  ]) {
    t.match(hidePassword(`login(${form}) failed`, password), /^login\(["']?\*\*\*=*["']?\) failed$/)
  }
})

t.test('nothing else is changed, and any text can be a password', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), fc.string({ unit: 'binary' }), (text, password) => {
      const safe = hidePassword(`${text}${password}`, password)
      if (password === '') assert.equal(safe, text)
      else if (!'***'.includes(password)) assert.ok(!safe.includes(password) || /\*/.test(password))
      if (password !== '' && !text.includes('*')) assert.ok(safe.includes('***'))
    }),
    { numRuns: runs(300) },
  )
})

t.test('an error loses it from its stack, too, and what is no error stays', async t => {
  const error = new Error('answer "secret1"')
  t.equal(hidePasswordIn(error, 'secret1'), error)
  t.equal(error.message, 'answer "***"')
  t.notMatch(error.stack, /secret1/)
  t.equal(hidePasswordIn('secret1', 'secret1'), 'secret1')
  const silent = new Error('secret1')
  delete silent.stack
  t.match(hidePasswordIn(silent, 'secret1'), { message: '***' })
})
