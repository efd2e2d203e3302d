import t from 'tap'
import {
  checkLoginAnswer,
  loginFailure,
  unprotectedLogin,
} from '../../../src/client/login/plain-login.js'

const credentials = { user: 'ann', password: 'secret' }

t.test('an answer of false is a refusal, and nothing else is', t => {
  t.throws(() => checkLoginAnswer(credentials, { form: 'scalar', type: 'BOOL', value: false }), {
    code: 'DDB_LOGIN',
    exitCode: 77,
  })
  for (const value of [true, null]) {
    t.doesNotThrow(() => checkLoginAnswer(credentials, { form: 'scalar', type: 'BOOL', value }))
  }
  t.doesNotThrow(() => checkLoginAnswer(credentials, undefined))
  t.end()
})

t.test('failures name the user, never the password', t => {
  t.match(loginFailure(credentials, 'no secret for ann, secret'), {
    code: 'DDB_LOGIN',
    serverMessage: 'no *** for ann, ***',
    message: 'The server refused the login of user "ann": no *** for ann, ***',
  })
  t.match(loginFailure({ user: 'ann', password: '' }, 'no'), { serverMessage: 'no' })
  t.match(unprotectedLogin('ann', 'db:8848', 'the server knows nothing better'), {
    code: 'DDB_CONFIG',
    message:
      /"ann" would travel to db:8848 in plain text: the server knows nothing better\..*`server\.tls`;.*authMode="scram".*`server\.insecureLogin`/,
  })
  t.end()
})
