import t from 'tap'
import {
  checkConnectOptions,
  checkRunOptions,
  type ConnectOptions,
  type RunOptions,
  splitArguments,
} from '../../src/client/session-options.js'
import { int, ints } from '../helpers/values.js'

t.test('the last argument is options when it names nothing else', async t => {
  const signal = new AbortController().signal
  for (const options of [{}, { timeoutMs: 5 }, { clearMemory: true, signal }]) {
    t.strictSame(splitArguments([1, options]), { values: [int(1)], options })
  }
})

t.test('objects with other members, lists, dates and arrays are values', async t => {
  for (const last of [
    { timeoutMs: 5, size: 1 },
    { priority: [1, 2] },
    [1, 2],
    new Date(0),
    Int32Array.of(1, 2),
    null,
  ]) {
    const { values, options } = splitArguments([last])
    t.strictSame([values.length, options], [1, undefined])
  }
  t.strictSame(splitArguments([[1, 2]]).values, [ints(1, 2)])
})

t.test('names of options beyond those of run() can be given', async t => {
  const names = new Set(['pickleTableToList'])
  t.strictSame(splitArguments([{ pickleTableToList: true }] as never, names).values, [])
})

t.test('options of a request have ranges', async t => {
  const refused: RunOptions[] = [
    { priority: -1 },
    { priority: 9 },
    { priority: 1.5 },
    { parallelism: 0 },
    { fetchSize: 8191 },
    { timeoutMs: 0 },
    { timeoutMs: 2 ** 31 },
    { timeoutMs: NaN },
  ]
  for (const options of refused) {
    t.throws(() => checkRunOptions(options), { code: 'DDB_USAGE' }, JSON.stringify(options))
  }
  checkRunOptions({ priority: 0, parallelism: 1, fetchSize: 8192, timeoutMs: 2 ** 31 - 1 })
  checkRunOptions({ priority: 8, urgent: true })
})

t.test('options of a connection have ranges, and a password needs a user', async t => {
  const good = { host: 'db', port: 8848 }
  checkConnectOptions(good)
  checkConnectOptions({ ...good, user: 'u', password: 'p', port: 65_535 })
  const refused: ConnectOptions[] = [
    { ...good, host: '' },
    { ...good, port: 0 },
    { ...good, port: 65_536 },
    { ...good, connectTimeoutMs: 0 },
    { ...good, closeTimeoutMs: 2 ** 31 },
    { ...good, highWaterBytes: 0 },
    { ...good, maxReplyBytes: 0.5 },
    { ...good, password: 'p' },
  ]
  for (const options of refused) {
    t.throws(() => checkConnectOptions(options), { code: 'DDB_USAGE' }, JSON.stringify(options))
  }
})
