import t from 'tap'
import {
  addressText,
  connectFailure,
  connectionLost,
  serverFailure,
} from '../../src/client/failure.js'
import { ConnectionError, ServerError } from '../../src/errors.js'

const counts = { accepted: 0, started: 0, written: 0 }

t.test('an IPv6 address stands in brackets before its port', async t => {
  t.equal(addressText('db.example', 8848), 'db.example:8848')
  t.equal(addressText('::1', 8848), '[::1]:8848')
})

t.test('a connection that was not made is safe to try again', async t => {
  const refused = Object.assign(new Error('refused'), { code: 'ECONNREFUSED' })
  const unknown = Object.assign(new Error('unknown'), { code: 'ENOTFOUND' })
  for (const [cause, text] of [
    [refused, /Nothing listens on db:1 /],
    [new AggregateError([refused, unknown]), /Nothing listens on db:1 /],
    [unknown, /"db" cannot be resolved/],
    [new Error('odd'), /Cannot connect to db:1: odd/],
    [undefined, /the connection was closed/],
    [connectionLost('db', 1, undefined, counts), /ended it before the session was ready/],
  ] as const) {
    const error = connectFailure('db', 1, cause)
    t.match(error, { code: 'DDB_CONNECT', safeToRetry: true, cause })
    t.match(error.message, text)
  }
})

t.test('errors with a code of their own stay as they are', async t => {
  const login = new ServerError('no', 'DDB_LOGIN')
  t.equal(connectFailure('db', 1, login), login)
  t.equal(connectionLost('db', 1, login, counts), login)
})

t.test('a lost connection says how many asynchronous requests had left', async t => {
  const none = connectionLost('db', 1, undefined, counts)
  t.ok(none instanceof ConnectionError)
  t.match(none, { code: 'DDB_CONNECTION_LOST', safeToRetry: false })
  t.notMatch(none.message, /asynchronous/)
  const some = connectionLost('db', 1, new Error('reset'), { accepted: 5, started: 4, written: 3 })
  t.match(some.message, /reset.*3 of 5 asynchronous requests/)
})

t.test('error lines of the server are classed by what they say', async t => {
  for (const [line, code] of [
    ['The user name or password is incorrect.', 'DDB_LOGIN'],
    ['login: RefId:S04009', 'DDB_LOGIN'],
    ['<NoPrivilege>Not granted', 'DDB_PRIVILEGE'],
    ['Only administrators execute this', 'DDB_PRIVILEGE'],
    ['No access to table [t]', 'DDB_PRIVILEGE'],
    ['Syntax Error: [line #1]', 'DDB_SERVER'],
  ] as const) {
    const error = serverFailure(line)
    t.equal(error.code, code, line)
    t.match(error.message, line)
  }
})
