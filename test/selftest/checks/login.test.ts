import t from 'tap'
import { loginChecks } from '../../../src/selftest/checks/login.js'
import { answering, each, instead } from '../../helpers/rewriting-proxy.js'
import { testChecks } from '../test-checks.js'

const badLogin = 'The user name or password is incorrect.'
const whoScript = 'getCurrentSessionAndUser()[1]'

const how = 'login: how this user logs in'

testChecks(
  t,
  loginChecks,
  { finds: { [how]: 'by SCRAM' }, facts: { scram: true, loginWithConnect: true } },
  {
    'without a user there is nothing to try': {
      login: {},
      skips: {
        'login: by calling login': 'no user was given',
        'login: inside the connect request': 'no user was given',
        'login: it holds for its session alone': 'no user was given',
        [how]: 'no user was given',
        'login: with SCRAM': 'no user was given',
        'login: with RSA': 'no user was given',
      },
      passes: ['login: a wrong one is refused in known words'],
    },
    'a session that has another user': {
      toClient: answering(whoScript, instead('admin', 'other')),
      fails: {
        'login: by calling login': 'the session has another user',
        'login: inside the connect request': 'the session has another user',
      },
      passes: ['login: it holds for its session alone'],
    },
    'a login that holds for all': {
      toClient: answering(whoScript, instead('guest', 'admin')),
      fails: { 'login: it holds for its session alone': 'it is logged in without a password' },
      passes: ['login: by calling login'],
    },
    'guests who may not run scripts': {
      server: { requireLogin: true },
      finds: { 'login: it holds for its session alone': 'guests may not run scripts' },
      passes: ['login: by calling login', 'login: inside the connect request'],
    },
    'a login refused in other words': {
      toClient: instead('user name or password', 'combination you gave'),
      fails: {
        'login: a wrong one is refused in known words': /^the refusal: .*, expected known$/,
      },
    },
    'a login that everybody passes': {
      toClient: chunk => chunk.replace(badLogin, 'OK'),
      fails: { 'login: a wrong one is refused in known words': 'the login was accepted' },
    },
    'a server that knows only plain passwords': {
      toServer: each(
        instead('scramClientFirst', 'scramClientOther'),
        instead('getDynamicPublicKey', 'getDynamicPublicFoo'),
      ),
      skips: {
        'login: with SCRAM': /^the server offers them no SCRAM \(it says: Can't recognize/,
        'login: with RSA': /^it has no key for RSA \(it says: Can't recognize/,
      },
      finds: { [how]: /^not by SCRAM: .*scramClientOther/ },
      facts: { scram: false },
      passes: ['login: by calling login'],
    },
    'a server as it is shipped, and nothing allowed': {
      hasScram: false,
      login: { user: 'admin', password: '123456' },
      skips: {
        'login: inside the connect request': 'the password would travel in plain text',
        'login: with SCRAM': /doesn't support scram authMode/,
      },
      passes: [
        'login: by calling login',
        'login: a wrong one is refused in known words',
        'login: with RSA',
      ],
    },
    'a login that is refused where it is asked for again': {
      toServer: instead('connect\nlogin\nadmin\n123456', 'connect\nlogin\nadmin\n000000'),
      fails: { 'login: inside the connect request': badLogin },
      facts: { loginWithConnect: false },
      passes: ['login: by calling login'],
    },
  },
)
