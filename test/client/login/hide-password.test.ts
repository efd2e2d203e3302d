import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import {
  hideInData,
  hideInError,
  hidePassword,
  newSecrets,
  passwordHider,
} from '../../../src/client/login/hide-password.js'
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

t.test('what a longer text has of it in Base64, and its bytes one by one, are struck out', t => {
  const password = 'hunter2-secret'
  for (const before of ['', 'a', 'ab', 'admin:']) {
    for (const after of ['', '!', '!!', ' and more']) {
      for (const way of ['base64', 'base64url'] as const) {
        const text = Buffer.from(`${before}${password}${after}`).toString(way)
        const safe = hidePassword(text, password)
        t.match(safe, /\*\*\*/, text)
        t.notMatch(Buffer.from(safe.replace('***', ''), way).toString('latin1'), /unter2/)
      }
    }
  }
  const hex = Buffer.from(password).toString('hex')
  for (const text of [hex, hex.toUpperCase(), hex.replace(/../g, '%$&')]) {
    t.equal(hidePassword(`0x${text}.`, password), '0x***.')
  }
  const signs = 'ä/b'
  t.equal(hidePassword(encodeURIComponent(signs).toLowerCase(), signs), '***')
  // Two digits, or three signs of Base64, would be found in any text.
  t.equal(hidePassword('61 62 63 YWI', 'a'), '61 62 63 YWI')
  t.end()
})

t.test('short passwords stay in sentences that are ours', t => {
  t.equal(passwordHider('row', 4)('3 rows'), '3 rows')
  t.equal(passwordHider('rows', 4)('3 rows'), '3 ***')
  t.equal(passwordHider('row')('3 rows'), '3 ***s')
  t.equal(passwordHider('')('3 rows'), '3 rows')
  t.end()
})

t.test('a session has every password that it was given, for good', t => {
  const secrets = newSecrets()
  t.equal(secrets.hide('first second'), 'first second')
  secrets.add('first')
  secrets.add('second')
  secrets.add('first')
  secrets.add('')
  secrets.add('ab')
  t.equal(secrets.hide('first second about'), '*** *** ***out')
  t.equal(secrets.hideInSentence('first second about'), '*** *** about')
  t.end()
})

t.test('an error loses it from its stack and its causes, and what is no error stays', t => {
  const hide = passwordHider('secret1')
  const cause = new Error('read "secret1"')
  const error = new Error('answer "secret1"', { cause })
  t.equal(hideInError(error, hide), error)
  t.equal(error.message, 'answer "***"')
  t.notMatch(error.stack, /secret1/)
  t.equal(cause.message, 'read "***"')
  t.equal(hideInError('secret1', hide), 'secret1')
  const silent = new Error('secret1')
  delete silent.stack
  t.match(hideInError(silent, hide), { message: '***' })
  const abort = new DOMException('secret1', 'AbortError')
  t.match(hideInError(new Error('x', { cause: abort }), hide), { cause: { message: '***' } })
  const circle = new Error('secret1')
  circle.cause = circle
  t.match(hideInError(circle, hide), { message: '***' })
  t.end()
})

t.test('data lose it from texts and names, and from nothing else', t => {
  const data = { a: 'x123456', list: ['123456', 123456, null, true], deep: { 'k-123456': 1n } }
  t.strictSame(hideInData(data, passwordHider('123456')), {
    a: 'x***',
    list: ['***', 123456, null, true],
    deep: { 'k-***': 1n },
  })
  t.end()
})
