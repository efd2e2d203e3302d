/* Plain JavaScript values as arguments and results, and traces of requests and answers. */
import { deepStrictEqual } from 'node:assert/strict'
import { inspect } from 'node:util'
import fc from 'fast-check'
import t from 'tap'
import {
  type ConnectOptions,
  connectHead,
  isCompressed,
  requestHead,
} from '../../src/client/session-options.js'
import {
  lacksLogin,
  lacksRight,
  rightAdvice,
  serverFailure,
  settingAdvice,
  withLoginAdvice,
} from '../../src/client/failure.js'
import { newSecrets } from '../../src/client/login/hide-password.js'
import { connect as connectPlain, connectTyped as connect } from '../../src/client/open-session.js'
import { type PlainInput, table, type TableSchema, toValue } from '../../src/client/plain-input.js'
import { type PlainTable, toPlain } from '../../src/client/plain-output.js'
import { traceConnection } from '../../src/client/trace.js'
import { systemPlatform } from '../../src/platform/system-files.js'
import type { ColumnType } from '../../src/protocol/data-type.js'
import { type ElementValue, vectorOf } from '../../src/protocol/element.js'
import type { Request, RequestHead } from '../../src/protocol/request.js'
import { tupleOf } from '../../src/protocol/types/tuples.js'
import type { Column, Table, Value, Vector } from '../../src/protocol/value.js'
import { startServer } from '../../src/server/index.js'
import { scalar } from '../helpers/codec.js'
import { forAllAsync } from '../helpers/runs.js'
import { int, text } from '../helpers/values.js'
import { startServerFor } from '../helpers/load-server.js'

// Plain JavaScript values as DolphinDB values, with inferred and with given types: the values that the server stores.

const server = await startServer({ port: 0 })
const session = await connect({ host: server.host, port: server.port })
t.teardown(async () => {
  await session.close()
  await server.close()
})

const tableOf = (value: Value | undefined): PlainTable => toPlain(value) as PlainTable

const maxInt = 2 ** 31 - 1
const asNumber = (big: bigint): number | bigint =>
  Number.isSafeInteger(Number(big)) ? Number(big) : big
const int32 = fc.integer({ min: -maxInt, max: maxInt })
const int64 = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })
const double = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter(x => x !== -Number.MAX_VALUE)
// The server's text is UTF-8 without U+0000, and the empty text is its null.
const word = fc.string({ minLength: 1 }).filter(s => !s.includes('\0'))

t.test('columns of one kind are returned unchanged', async () => {
  const columns = fc.record({
    whole: fc.array(fc.option(int32), { minLength: 1, maxLength: 20 }),
    seed: int64,
    word,
    real: double,
  })
  await forAllAsync(15)(columns, async ({ whole, seed, word, real }) => {
    const rows = whole.map((id, i) => ({
      id: id ?? (i === 0 ? 0 : null),
      big: i % 3 === 2 ? null : seed,
      name: word + i,
      price: i % 4 === 3 ? null : real + 0.5,
      flag: i % 2 === 0,
    }))
    await session.upload({ v: rows })
    const back = await session.run('v')
    // A LONG becomes a number only if the number is exact. Integral doubles are also sent as INT or LONG.
    const sent = rows.map(row => ({ ...row, big: row.big === null ? null : asNumber(row.big) }))
    const plain = tableOf(back)
      .rows()
      .map(row => ({
        ...row,
        price: typeof row['price'] === 'bigint' ? Number(row['price']) : row['price'],
      }))
    deepStrictEqual(plain, sent)
  })
})

t.test('types are inferred from the values', async t => {
  const types: [PlainInput, string][] = [
    [true, 'BOOL'],
    [maxInt, 'INT'],
    [2 ** 31, 'LONG'],
    [-0, 'DOUBLE'],
    [1.5, 'DOUBLE'],
    [5n, 'LONG'],
    ['a', 'STRING'],
    [new Date(0), 'TIMESTAMP'],
  ]
  for (const [input, type] of types) {
    t.match(toValue(input), { form: 'scalar', type })
    t.match(toValue([input, null]), { form: 'vector', type, length: 2 })
  }
  t.match(toValue([1, 2 ** 40]), { type: 'LONG' })
  t.match(toValue([1, 0.5]), { type: 'DOUBLE' })
  t.match(toValue([1, 'a']), { type: 'ANY', data: [int(1), text('a')] })
  t.match(toValue(new Float32Array(2)), { type: 'FLOAT', length: 2 })
  t.match(toValue(null), { type: 'VOID' })
  t.match(toValue({ a: 1, b: [2] }), { form: 'dictionary' })
  t.match(toValue({ a: [1], b: new Int16Array(1) }), { form: 'table', rows: 1 })
  t.strictSame(toPlain(toValue({ a: 1, b: 'x' })), { a: 1, b: 'x' })
})

t.test('a schema gives types, names and order', async t => {
  const day = new Date(Date.UTC(2024, 0, 2, 13, 30, 10, 8))
  const types = ['DATE', 'MONTH', 'TIME', 'MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'NANOTIME']
  const schema = Object.fromEntries(
    [...types, 'NANOTIMESTAMP', 'DATEHOUR'].map(type => [type, type]),
  )
  const row = Object.fromEntries(Object.keys(schema).map(name => [name, day]))
  t.strictSame(toPlain(table([row], schema)).rows(), [
    {
      DATE: '2024-01-02',
      MONTH: '2024-01',
      TIME: '13:30:10.008',
      MINUTE: '13:30',
      SECOND: '13:30:10',
      DATETIME: '2024-01-02T13:30:10',
      TIMESTAMP: '2024-01-02T13:30:10.008',
      NANOTIME: '13:30:10.008000000',
      NANOTIMESTAMP: '2024-01-02T13:30:10.008000000',
      DATEHOUR: '2024-01-02T13:00',
    },
  ])
  const typed = table(
    { price: ['1.50', null], id: [1, 2] },
    { id: 'LONG', price: 'DECIMAL64(2)', sym: 'SYMBOL' },
  )
  t.strictSame(toPlain(typed).columns, { id: [1, 2], price: ['1.50', null], sym: [null, null] })
  const prices = table({ p: [22, 1.5, -128n, '0.05'] }, { p: 'DECIMAL64(2)' })
  t.strictSame(toPlain(prices).columns, { p: ['22.00', '1.50', '-128.00', '0.05'] })
  t.strictSame(toPlain(table({ d: [2n ** 60n] }, { d: 'DOUBLE' })).columns, { d: [2 ** 60] })
})

t.test('a typed array may change after it was given', async t => {
  const given = Float64Array.of(1, 2)
  const value = toValue(given)
  given.fill(9)
  t.strictSame(toPlain(value), [1, 2])
})

t.test("a column may have the name of a value's member", async t => {
  for (const form of ['table', 'scalar', 'arrayVector']) {
    t.strictSame(tableOf(toValue({ form: [form], id: [1] })).columns, { form: [form], id: [1] })
  }
})

t.test('values that do not fit are refused with a code', async t => {
  const refused: [() => unknown, string][] = [
    [() => toValue(Symbol('a') as unknown as string), 'DDB_USAGE'],
    [() => toValue((() => 1) as unknown as string), 'DDB_USAGE'],
    [() => toValue(Promise.resolve(1) as unknown as string), 'DDB_USAGE'],
    [() => toValue(new Map([[1, 2]]) as unknown as string), 'DDB_USAGE'],
    [() => toValue([{ a: 1 }, Promise.resolve({ a: 2 }) as unknown as string]), 'DDB_USAGE'],
    [() => table([{ a: 1 }, Promise.resolve({ a: 2 }) as never], { a: 'INT' }), 'DDB_USAGE'],
    [() => toValue(new Date(NaN)), 'DDB_USAGE'],
    [() => toValue('a\ud800'), 'DDB_USAGE'],
    [() => toValue(['a', '\udc00']), 'DDB_USAGE'],
    [() => toValue({ '\ud800': 1 }), 'DDB_USAGE'],
    [() => table([{ a: '\ud800' }], { a: 'SYMBOL' }), 'DDB_USAGE'],
    [() => toValue(new Uint16Array(1)), 'DDB_USAGE'],
    [() => toValue({ a: [1], b: [1, 2] }), 'DDB_USAGE'],
    [() => toValue([{ a: 1 }, { a: 'x' }]), 'DDB_USAGE'],
    [() => toValue([2n ** 64n]), 'DDB_INPUT_RANGE'],
    [() => table([{ a: 2 ** 31 }], { a: 'INT' }), 'DDB_INPUT_RANGE'],
    [() => table([{ a: 1.5 }], { a: 'INT' }), 'DDB_INPUT_RANGE'],
    [() => table([{ a: 1.5 }], { a: 'LONG' }), 'DDB_USAGE'],
    [() => table([{ a: 'x' }], { a: 'DOUBLE' }), 'DDB_USAGE'],
    [() => table([{ a: '2024-02-30' }], { a: 'DATE' }), 'DDB_INPUT_CELL'],
    [() => table([{ a: 'x' }], { a: 'DECIMAL32(2)' }), 'DDB_INPUT_CELL'],
    [() => table([{ a: 1.005 }], { a: 'DECIMAL32(2)' }), 'DDB_INPUT_CELL'],
    [() => table([{ a: NaN }], { a: 'DECIMAL32(2)' }), 'DDB_INPUT_CELL'],
    [() => toValue([2n ** 53n + 1n, 0.5]), 'DDB_USAGE'],
    [() => table([{ a: 1, b: 2 }], { a: 'INT' }), 'DDB_USAGE'],
    [() => table({ a: [1], b: [1, 2] }, { a: 'INT', b: 'INT' }), 'DDB_USAGE'],
    [() => table([], { a: 'NOTYPE' }), 'DDB_USAGE'],
    [() => table([], { b: 'INT', 1: 'INT' }), 'DDB_USAGE'],
    [() => table([], 'a:INT' as unknown as TableSchema), 'DDB_USAGE'],
  ]
  for (const [act, code] of refused) t.throws(act, { code }, act.toString())
  await t.rejects(session.upload({ a: 'x\0y' }), { code: 'DDB_STRING_HAS_NUL' })
  t.strictSame(toPlain(await session.run('1+1')), 2, 'the session continues')
})

// DolphinDB values of every form as plain JavaScript.

const column = (type: ColumnType['type'], values: readonly ElementValue[]): Vector =>
  vectorOf({ type }, values) as Vector

t.test('numbers, booleans and texts stay unchanged, all other values become texts', async t => {
  for (const [value, plain] of [
    [scalar('BOOL', true), true],
    [scalar('CHAR', 97), 97],
    [int(-5), -5],
    [scalar('LONG', 2n ** 60n), 2n ** 60n],
    [scalar('LONG', 2n ** 53n), 2n ** 53n],
    [scalar('LONG', 2n ** 53n - 1n), 2 ** 53 - 1],
    [scalar('LONG', -5n), -5],
    [scalar('LONG', null), null],
    [text(''), null],
    [scalar('DOUBLE', NaN), NaN],
    [text('a'), 'a'],
    [scalar('VOID', null), null],
    [scalar('INT', null), null],
    [scalar('DATE', 0), '1970-01-01'],
    [scalar('DATE', null), null],
    [scalar('TIMESTAMP', 1n), '1970-01-01T00:00:00.001'],
    [scalar('DATEMINUTE', 1), '1970-01-01T00:01'],
    [scalar('DATE', 3_000_000), '+010183-09-21'],
    [scalar('DATE', -800_000), '-000221-09-04'],
    [scalar('DECIMAL32', 150n, 2), '1.50'],
    [scalar('COMPLEX', [1, -2]), '1-2i'],
    [undefined, null],
  ] as [Value | undefined, unknown][]) {
    t.strictSame(toPlain(value), plain)
  }
  t.strictSame(toPlain(scalar('BLOB', Uint8Array.of(1, 2))), Uint8Array.of(1, 2))
})

t.test('vectors become lists, nulls become null, and so does the empty text', async t => {
  t.strictSame(toPlain(column('INT', [1, null])), [1, null])
  t.strictSame(toPlain(column('STRING', ['a', null])), ['a', null])
  t.strictSame(toPlain(column('SYMBOL', ['a', ''])), ['a', null])
  t.strictSame(toPlain(column('MONTH', [24_149, null])), ['2012-06', null])
  t.strictSame(toPlain(tupleOf([int(1), column('INT', [2, 3]), tupleOf([])])), [1, [2, 3], []])
  t.strictSame(toPlain(vectorOf({ type: 'INT', array: true }, [[1, 2], [3]])), [[1, 2], [3]])
})

t.test('pairs and sets become lists, a matrix becomes a list of its columns', async t => {
  const elements = column('INT', [1, 2, 3, 4, 5, 6])
  t.strictSame(toPlain({ form: 'pair', elements: column('INT', [1, 2]) }), [1, 2])
  t.strictSame(toPlain({ form: 'set', elements }), [1, 2, 3, 4, 5, 6])
  const columnLabels = column('DATE', [0, 1, 2])
  const plain = toPlain({ form: 'matrix', rows: 2, columns: 3, elements, columnLabels })
  t.equal(JSON.stringify(plain), '[[1,2],[3,4],[5,6]]')
  const { columnLabels: labels } = plain as unknown as { columnLabels: unknown }
  t.strictSame(labels, ['1970-01-01', '1970-01-02', '1970-01-03'])
})

t.test('a dictionary becomes an object with the texts of its keys', async t => {
  const values = tupleOf([int(1), text('x')])
  const expected = { '1970-01-01': 1, '1970-01-02': 'x' }
  t.strictSame(toPlain({ form: 'dictionary', keys: column('DATE', [0, 1]), values }), expected)
  const named: Value = { form: 'dictionary', keys: column('STRING', ['__proto__', 'a']), values }
  t.strictSame(Object.entries(toPlain(named) as object), [
    ['__proto__', 1],
    ['a', 'x'],
  ])
})

const columns: Column[] = [column('INT', [1, null]), column('STRING', ['a', ''])]
const tablePlainOutput: Table = {
  form: 'table',
  name: 't',
  rows: 2,
  columnNames: ['n', 's'],
  columns,
}

t.test('a table in an answer has rows and columns, and can be sent back', async t => {
  const table = toPlain(tablePlainOutput)
  t.strictSame(table.columns, { n: [1, null], s: ['a', null] })
  t.strictSame(table.rows(), [
    { n: 1, s: 'a' },
    { n: null, s: null },
  ])
  t.strictSame([table.columnNames, table.length], [['n', 's'], 2])
  t.equal(table.columns, table.columns, 'created once')
  t.equal(toValue(table), tablePlainOutput)
  t.match(inspect(table), /n: \[ 1, null \]/)
})

t.test('values that JSON lacks are written as text', async t => {
  const big = 2n ** 60n
  const json = (value: Value): string => JSON.stringify(toPlain(value))
  t.equal(json(column('LONG', [big, 1n, null])), '["1152921504606846976",1,null]')
  t.equal(json(column('DOUBLE', [NaN, Infinity, 1.5])), '["NaN","Infinity",1.5]')
  const values = tupleOf([scalar('LONG', big), scalar('BLOB', Uint8Array.of(1, 2)), int(1)])
  const keys = column('STRING', ['a', 'b', 'c'])
  const text = json({ form: 'dictionary', keys, values })
  t.equal(text, '{"a":"1152921504606846976","b":"AQI=","c":1}')
  const table: Table = { ...tablePlainOutput, columns: [column('LONG', [big, 2n]), columns[1]!] }
  const lists = toPlain(table).columns
  const rows = toPlain(table).rows()
  t.equal(json(table), '[{"n":"1152921504606846976","s":"a"},{"n":2,"s":null}]')
  t.equal(JSON.stringify(rows), json(table))
  t.equal(JSON.stringify(lists), '{"n":["1152921504606846976",2],"s":["a",null]}')
  t.strictSame(rows[0], { n: big, s: 'a' }, 'the conversion is invisible')
})

t.test('times become a Date if a Date can hold them, else text', async t => {
  const as = (value: Value): unknown => toPlain(value, 'Date')
  t.strictSame(as(scalar('DATE', 19_724)), new Date('2024-01-02'))
  t.strictSame(as(scalar('MONTH', 2024 * 12)), new Date('2024-01-01'))
  t.strictSame(as(scalar('TIMESTAMP', -1n)), new Date(-1))
  t.strictSame(as(scalar('DATETIME', 1)), new Date(1000))
  t.strictSame(as(column('DATEHOUR', [1, null])), [new Date(3_600_000), null])
  t.strictSame(as(scalar('DATEMINUTE', 1)), new Date(60_000))
  t.equal(as(scalar('NANOTIMESTAMP', 1n)), '1970-01-01T00:00:00.000000001')
  t.equal(as(scalar('TIME', 1)), '00:00:00.001')
  t.equal(as(scalar('TIMESTAMP', 2n ** 62n)), '+146140482-04-24T15:36:27.904')
  t.strictSame(toPlain({ form: 'dictionary', keys: column('DATE', [0]), values: int1 }, 'Date'), {
    '1970-01-01': 1,
  })
})

const int1 = column('INT', [1])

t.test('times become Temporal types if the platform has them', async t => {
  const temporal = (value: Value): unknown => toPlain(value, 'Temporal')
  const named = (name: string) => ({ from: (text: string) => `${name} ${text}` })
  const names = ['PlainDate', 'PlainDateTime', 'PlainTime', 'PlainYearMonth']
  const holder = globalThis as { Temporal?: unknown }
  const own = holder.Temporal
  t.teardown(() => (own === undefined ? delete holder.Temporal : (holder.Temporal = own)))
  delete holder.Temporal
  t.throws(() => temporal(scalar('DATE', 0)), { code: 'DDB_USAGE', message: /polyfill/ })
  holder.Temporal = Object.fromEntries(names.map(name => [name, named(name)]))
  t.equal(temporal(scalar('DATE', 0)), 'PlainDate 1970-01-01')
  t.equal(temporal(scalar('MONTH', 24_149)), 'PlainYearMonth 2012-06')
  t.equal(temporal(scalar('MINUTE', 61)), 'PlainTime 01:01')
  t.equal(temporal(scalar('NANOTIME', 1n)), 'PlainTime 00:00:00.000000001')
  t.equal(temporal(scalar('DATEHOUR', 1)), 'PlainDateTime 1970-01-01T01:00')
  t.equal(temporal(scalar('NANOTIMESTAMP', 1n)), 'PlainDateTime 1970-01-01T00:00:00.000000001')
})

t.test('a session of the library returns plain values, and typed ones on request', async t => {
  const { host, port } = server
  const plain = await connectPlain({ host, port })
  t.equal(await plain.run<number>('1+2'), 3)
  t.strictSame(await plain.run('1+2', { typed: true }), int(3))
  t.equal(await plain.run('2024.01.02'), '2024-01-02')
  t.strictSame(await plain.run('2024.01.02', { times: 'Date' }), new Date('2024-01-02'))
  const table = await plain.run<PlainTable<{ id: number }>>('table(1 2 as id)')
  t.strictSame(table.rows(), [{ id: 1 }, { id: 2 }])
  t.equal(await plain.run('typestr', table), 'IN-MEMORY TABLE', 'sent back with its types')
  t.equal(await plain.call('add', [int(1), int(2)]), 3)
  for await (const block of plain.readBlocks<PlainTable>('table(1..3 as id)', {
    fetchSize: 8192,
  })) {
    t.strictSame(block.columns, { id: [1, 2, 3] })
  }
  await t.rejects(plain.run('1', { times: 'Dates' as 'Date' }), { code: 'DDB_USAGE' })
  await t.rejects(plain.run('1', { typed: 1 as unknown as true }), { message: /put \{\} after it/ })
  await plain.close()
  const typed = await connectPlain({ host, port, typed: true })
  t.strictSame(await typed.run('1+2'), int(3))
  await typed.close()
})

// Which right the user should ask for, according to the server's refusal.

/** Error text of the server → the right to ask for, or other advice. */
const texts: readonly (readonly [string, RegExp])[] = [
  ['<NotAuthenticated>Not granted to read table dfs://db/pt', / TABLE_READ on dfs:\/\/db\/pt,/],
  ['<NotAuthenticated>Not granted to write table dfs://db/pt', / TABLE_WRITE on dfs:\/\/db\/pt /],
  [
    '<NoPrivilege>Not granted to write data to table dfs://db/pt',
    / TABLE_WRITE on dfs:\/\/db\/pt \(from 2\.00\.9 on TABLE_INSERT /,
  ],
  [
    'schema(loadTable("dfs://db", "pt")) => <NotAuthenticated>Not granted to read table dfs://db/pt.',
    / TABLE_READ on dfs:\/\/db\/pt,/,
  ],
  ['No access to table [trades]', / TABLE_WRITE on trades,/],
  ['No access to shared table [trades]', / TABLE_READ and TABLE_WRITE on trades,/],
  ['objs(true) => No access to shared table [$1 $&]', / on \$1 \$&,/],
  [
    '<NoPrivilege>Not granted to create or delete databases',
    / DB_OWNER for databases of this name/,
  ],
  ['<NoPrivilege>Not granted to create shared variables', / CREATE_SHARED_VAR \(.*enableSharedVar/],
  ['The user needs CREATE_SHARED_VAR', / CREATE_SHARED_VAR /],
  ['Not granted to execute function view appendRows', / VIEW_EXEC on appendRows,/],
  ['Not granted to do this', /for the right to do this/],
  ['<NoPrivilege>refused', /for the right to do this/],
  ['<NotAuthenticated>refused', /for the right to do this/],
  ['Only administrators execute function addUser', /as an administrator/],
]

for (const [text, right] of texts) {
  t.test(text, async t => {
    t.ok(lacksRight(text))
    t.match(rightAdvice(text), right)
    const failure = serverFailure(text)
    t.match(failure, { code: 'DDB_PRIVILEGE', exitCode: 77, serverMessage: text })
    t.match(failure.message, right)
  })
}

t.test('errors about anything else do not mention rights', async t => {
  for (const text of [
    'Syntax Error: [line #1] Cannot recognize the token trades',
    '<NotLeader>10.0.0.1:8848:node1',
    'The user name or password is incorrect. RefId: S04009',
    'access to the table is slow',
  ]) {
    t.notOk(lacksRight(text), text)
    t.not(serverFailure(text).code, 'DDB_PRIVILEGE')
  }
})

t.test('an upsert needs a different right than an insert, with the same error text', async t => {
  const text = '<NoPrivilege>Not granted to write data to table dfs://db/pt'
  const expected = /TABLE_WRITE on dfs:\/\/db\/pt \(.*TABLE_UPDATE is enough, TABLE_INSERT is not\)/
  t.match(rightAdvice(text, true), expected)
  t.match(rightAdvice('No access to table [k]', true), / TABLE_WRITE on k,/)
})

t.test('features that are disabled on the server are named', async t => {
  for (const text of [
    'The feature of publish is not enabled. RefId: S00001',
    'share(t, "x") => The feature of publish is not enabled',
  ]) {
    t.match(settingAdvice(text), /maxPubConnections.*above 0/)
    t.match(serverFailure(text), { code: 'DDB_SERVER', serverMessage: text, message: /maxPubConn/ })
    t.notOk(lacksRight(text))
  }
  t.equal(settingAdvice('The function view [f] does not exist. RefId: S04002'), undefined)
  t.equal(settingAdvice('RefId: S000011'), undefined)
})

t.test('an expired login is distinguished from a missing right', async t => {
  const ended = 'Login is required for script execution with client authentication enabled'
  t.ok(lacksLogin(ended))
  t.ok(lacksLogin('catch: RefId: S04009'))
  t.ok(lacksLogin(`schema(trades) => ${ended}`), 'in a script')
  t.notOk(lacksLogin('<NotAuthenticated>Not granted to read table dfs://db/pt'))
  t.equal(
    withLoginAdvice(ended),
    `${ended}. Log in with \`server.user\`. If you did, the session is no longer logged in: its login has ` +
      'expired, or the user is gone.',
  )
  t.match(
    rightAdvice('<NotAuthenticated>Not granted to read table dfs://db/pt'),
    /grant you TABLE_READ on dfs:\/\/db\/pt.*If this worked before, the login has expired/,
  )
  t.notMatch(rightAdvice('<NoPrivilege>Not granted to read table dfs://db/pt'), /expired/)
})

// The trace of a connection: the contents of its lines, and what must never be in them.

t.test('with values, scripts are shown without their secrets', async t => {
  const server = await startServerFor(t)
  const lines: string[] = []
  const session = await connect({
    host: '127.0.0.1',
    port: server.port,
    trace: { values: true, write: line => lines.push(line) },
  })
  await session.run('x = 1..10; x')
  await session.run('login("admin", "123456")')
  await session.run('login`admin`123456').catch(() => undefined)
  await session.run('pw = "123456"\nlogin(\n"admin",\npw)\nprint(pw)\npw')
  await session.run('changePwd("123456","secret1")').catch(() => undefined)
  await session.run('createUser', 'u1', 'secret2').catch(() => undefined)
  await session.run('login{"admin","123456"}()').catch(() => undefined)
  await session.run('print("\\u001b[31mred")').catch(() => undefined)
  await session.close()
  const text = lines.join('\n')
  t.match(text, /> script flags=32\(apiClient\) bytes=\d+ chars=12 x = 1\.\.10; x\n/)
  t.match(text, /< ok bytes=\d+ INT vector of 10 \[1,2,3,4,5,…\]\n/)
  t.notMatch(text, /123456|secret/)
  // eslint-disable-next-line no-control-regex -- the trace must not contain control characters
  t.notMatch(text, /\u001b/)
})

t.test('connections are told apart by number; answers and losses have own lines', async t => {
  const server = await startServerFor(t)
  const lines: string[] = []
  const trace = { write: (line: string) => lines.push(line) }
  const sessions = await Promise.all(
    [1, 2].map(() => connect({ host: '127.0.0.1', port: server.port, trace })),
  )
  await t.rejects(sessions[0]!.run('noSuchName'), { code: 'DDB_SERVER' })
  await sessions[0]!.run('print("text"); [table(1..3 as id), 5:6]')
  await sessions[0]!.upload({ a: 1, b: 'text' })
  for (const session of sessions) await session.close()
  const text = lines.join('\n')
  t.match(text, /#1 \d+ < error bytes=\d+ .*Cannot recognize the token noSuchName\n/)
  t.match(text, /#1 \d+ < print chars=\d+\n/)
  t.match(text, /#1 \d+ < ok bytes=\d+ ANY vector of 2\n/)
  t.match(text, /#1 \d+ > variable flags=32\(apiClient\) bytes=\d+ a = \w+ \| b = STRING\n/)
  t.match(text, /#2 0 - opened 127\.0\.0\.1:/)
  t.match(text, /#2 \d+ - closed/)
})

t.test('the answer after a request with secrets is hidden, even if none was wanted', async t => {
  const lines: string[] = []
  const trace = traceConnection(
    { values: true, write: line => lines.push(line.replace(/^\S+ #\d+ /, '')) },
    systemPlatform.clock,
    newSecrets(),
  )
  const login: Request = { kind: 'function', name: 'login', args: [text('ann'), text('secret1')] }
  const script: Request = { kind: 'script', script: '1' }
  for (const [requests, message] of [
    [[[connectHead(true), { kind: 'connect' }]], 'hello'],
    [[[requestHead('7', false, {}), login]], 'secret2 is wrong'],
    [[[requestHead('7', false, {}), script]], 'no 1'],
    // Some servers answer asynchronous requests, too.
    [
      [
        [requestHead('7', true, {}), login],
        [requestHead('7', true, {}), script],
      ],
      'secret3 is wrong',
    ],
    [[], 'late'],
  ] as [[RequestHead, Request][], string][]) {
    for (const [head, request] of requests) trace.sent(head, request, 20)
    trace.printed(`says ${message}`)
    trace.received({ sessionId: '7', ok: false, message }, 9)
  }
  t.strictSame(
    lines.filter(line => line.includes(' < ')),
    [
      '0 < print says hello',
      '7 < error bytes=9 hello',
      '7 < print chars=21',
      '7 < error bytes=9 (…)',
      '7 < print says no 1',
      '7 < error bytes=9 no 1',
      '7 < print chars=21',
      '7 < error bytes=9 (…)',
      '7 < print says late',
      '7 < error bytes=9 late',
    ],
  )
  t.notMatch(lines.join(), /secret/)
})

t.test('by default, data over a network is compressed', async t => {
  for (const [compress, here, far] of [
    [undefined, false, true],
    ['auto', false, true],
    ['none', false, false],
    ['lz4', true, true],
  ] as const) {
    const options = compress === undefined ? {} : { compress }
    t.equal(isCompressed(options, '127.0.0.1'), here, compress ?? 'left out')
    t.equal(isCompressed(options, '192.0.2.1'), far, compress ?? 'left out')
  }
  const wrong = { host: 'h', port: 1, compress: 'gzip' } as unknown as ConnectOptions
  await t.rejects(connectPlain(wrong), { code: 'DDB_USAGE', message: /auto, none, lz4/ })
})
