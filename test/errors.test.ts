import t from 'tap'
import {
  ConnectionError,
  DdbError,
  type ErrorCode,
  errorCodes,
  InputError,
  ProtocolError,
  ServerError,
  TimeoutError,
  UsageError,
  ValueError,
} from '../src/errors.js'

t.test('every class reports its own name, code and exit code', async t => {
  const samples: [DdbError, string, ErrorCode][] = [
    [new DdbError('DDB_INTERNAL', 'm'), 'DdbError', 'DDB_INTERNAL'],
    [new UsageError('DDB_USAGE', 'm'), 'UsageError', 'DDB_USAGE'],
    [new InputError('DDB_INPUT_CELL', 'm', { file: 'f' }), 'InputError', 'DDB_INPUT_CELL'],
    [new ConnectionError('DDB_CONNECT', 'm'), 'ConnectionError', 'DDB_CONNECT'],
    [new ProtocolError('m', 7), 'ProtocolError', 'DDB_PROTOCOL'],
    [new ProtocolError('m', 7, 'DDB_LIMIT'), 'ProtocolError', 'DDB_LIMIT'],
    [new ValueError('DDB_STRING_HAS_NUL', 'm'), 'ValueError', 'DDB_STRING_HAS_NUL'],
    [new ServerError('m'), 'ServerError', 'DDB_SERVER'],
    [new ServerError('m', 'DDB_LOGIN'), 'ServerError', 'DDB_LOGIN'],
    [new TimeoutError('m'), 'TimeoutError', 'DDB_TIMEOUT'],
  ]
  for (const [error, name, code] of samples) {
    t.type(error, DdbError)
    t.type(error, Error)
    t.equal(error.name, name)
    t.equal(error.code, code, `${name} reports ${code}`)
    t.equal(error.exitCode, errorCodes[code])
    t.equal(error.safeToRetry, false, 'nothing is safe to repeat by default')
  }
})

t.test('an error keeps its cause', async t => {
  const cause = new Error('underneath')
  t.equal(new UsageError('DDB_USAGE', 'm', { cause }).cause, cause)
  t.equal(new InputError('DDB_INPUT_READ', 'm', { file: 'f' }, { cause }).cause, cause)
  t.notOk('cause' in new DdbError('DDB_INTERNAL', 'm'), 'without a cause the property is missing')
})

t.test('an error reports where it happened', async t => {
  const position = { file: 'trades.csv', lineNumber: 17, columnName: 'price', offsetBytes: 512 }
  t.strictSame(new InputError('DDB_INPUT_CELL', 'm', position).position, position)
  const protocol = new ProtocolError('expected a newline', 4096)
  t.equal(protocol.offsetBytes, 4096)
  t.match(protocol.message, /expected a newline.*byte 4096/)
  const server = new ServerError('tableInsert(t, x) => no such table', 'DDB_TARGET', 'Create it.')
  t.equal(server.serverMessage, 'tableInsert(t, x) => no such table')
  t.equal(server.message, 'Create it.')
})

t.test('an error says whether sending again is safe only if that is known', async t => {
  t.equal(new ConnectionError('DDB_CONNECT', 'm', { safeToRetry: true }).safeToRetry, true)
  t.equal(new ConnectionError('DDB_CONNECT', 'm', { safeToRetry: false }).safeToRetry, false)
})
