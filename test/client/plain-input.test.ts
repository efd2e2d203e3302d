/*
  Plain JavaScript as DolphinDB values: what a server has after it was sent, types inferred and given.
*/
import { deepStrictEqual } from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { connect, type ResultTable } from '../../src/client/open-session.js'
import { table, toValue, type PlainInput } from '../../src/client/plain-input.js'
import { toColumnList, toColumns, toPlain, toRows } from '../../src/client/plain-output.js'
import { startServer } from '../../src/server/index.js'
import { int, text } from '../helpers/values.js'
import { runs } from '../helpers/runs.js'

const server = await startServer({ port: 0 })
const session = await connect({ host: server.host, port: server.port })
t.teardown(async () => {
  await session.close()
  await server.close()
})

/** What the server has after it was sent. */
async function echoed(value: PlainInput): Promise<unknown> {
  await session.upload({ v: value })
  return toPlain(await session.run('v'))
}

const maxInt = 2 ** 31 - 1
const int32 = fc.integer({ min: -maxInt, max: maxInt })
const int64 = fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n })
const double = fc
  .double({ noNaN: true, noDefaultInfinity: true })
  .filter(x => x !== -Number.MAX_VALUE)
// The server's text is UTF-8 without U+0000; the empty text is its null.
const word = fc.string({ minLength: 1 }).filter(s => !s.includes('\0'))

t.test('columns of one kind come back as they went', async t => {
  const columns = fc.record({
    whole: fc.array(fc.option(int32), { minLength: 1, maxLength: 20 }),
    seed: int64,
    word,
    real: double,
  })
  await fc.assert(
    fc.asyncProperty(columns, async ({ whole, seed, word, real }) => {
      const rows = whole.map((id, i) => ({
        id: id ?? (i === 0 ? 0 : null),
        big: i % 3 === 2 ? null : seed,
        name: word + i,
        price: i % 4 === 3 ? null : real + 0.5,
        flag: i % 2 === 0,
      }))
      await session.upload({ v: rows })
      const back = await session.run('v')
      // Doubles that happen to be whole travel as INT or LONG: only the value is promised.
      const plain = toRows(back).map(row => ({
        ...row,
        price: typeof row['price'] === 'bigint' ? Number(row['price']) : row['price'],
      }))
      deepStrictEqual(plain, rows)
      deepStrictEqual(toColumnList(back), Object.values(toColumns(back)))
    }),
    { numRuns: runs(15) },
  )
  t.pass()
})

t.test('lists of scalars are vectors, and come back as they went', async t => {
  const lists = fc.oneof(
    fc.array(fc.option(int32), { minLength: 1 }),
    fc.array(fc.option(int64), { minLength: 1 }),
    fc.array(word, { minLength: 1 }),
    fc.array(fc.boolean(), { minLength: 1 }),
  )
  await fc.assert(
    fc.asyncProperty(
      lists.filter(list => (list as unknown[]).some(element => element !== null)),
      async list => deepStrictEqual(await echoed(list), list),
    ),
    { numRuns: runs(25) },
  )
  t.pass()
})

t.test('types are inferred from what is there', async t => {
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
  t.strictSame(toRows(table([row], schema)), [
    {
      DATE: '2024.01.02',
      MONTH: '2024.01M',
      TIME: '13:30:10.008',
      MINUTE: '13:30m',
      SECOND: '13:30:10',
      DATETIME: '2024.01.02T13:30:10',
      TIMESTAMP: '2024.01.02T13:30:10.008',
      NANOTIME: '13:30:10.008000000',
      NANOTIMESTAMP: '2024.01.02T13:30:10.008000000',
      DATEHOUR: '2024.01.02T13',
    },
  ])
  const typed = table(
    { price: ['1.50', null], id: [1, 2] },
    'id:LONG,price:DECIMAL64(2),sym:SYMBOL',
  )
  t.strictSame(toColumns(typed), { id: [1n, 2n], price: ['1.50', null], sym: ['', ''] })
})

t.test('what does not fit is refused with a code', async t => {
  const refused: [() => unknown, string][] = [
    [() => toValue(Symbol('a') as unknown as string), 'DDB_USAGE'],
    [() => toValue((() => 1) as unknown as string), 'DDB_USAGE'],
    [() => toValue(Promise.resolve(1) as unknown as string), 'DDB_USAGE'],
    [() => toValue(new Map([[1, 2]]) as unknown as string), 'DDB_USAGE'],
    [() => toValue(new Date(NaN)), 'DDB_USAGE'],
    [() => toValue(new Uint16Array(1)), 'DDB_USAGE'],
    [() => toValue({ a: [1], b: [1, 2] }), 'DDB_USAGE'],
    [() => toValue([{ a: 1 }, { a: 'x' }]), 'DDB_USAGE'],
    [() => toValue([2n ** 64n]), 'DDB_INPUT_RANGE'],
    [() => table([{ a: 2 ** 31 }], 'a:INT'), 'DDB_INPUT_RANGE'],
    [() => table([{ a: 1.5 }], 'a:INT'), 'DDB_INPUT_RANGE'],
    [() => table([{ a: 1.5 }], 'a:LONG'), 'DDB_USAGE'],
    [() => table([{ a: 'x' }], 'a:DOUBLE'), 'DDB_USAGE'],
    [() => table([{ a: '2024-02-30' }], 'a:DATE'), 'DDB_INPUT_CELL'],
    [() => table([{ a: 'x' }], 'a:DECIMAL32(2)'), 'DDB_INPUT_CELL'],
    [() => table([{ a: 1, b: 2 }], 'a:INT'), 'DDB_USAGE'],
    [() => table({ a: [1], b: [1, 2] }, 'a:INT,b:INT'), 'DDB_USAGE'],
    [() => table([], 'a:NOTYPE'), 'DDB_USAGE'],
    [() => table([], 'a:INT,a:INT'), 'DDB_USAGE'],
    [() => toRows(int(1)), 'DDB_USAGE'],
    [() => toRows(undefined), 'DDB_USAGE'],
  ]
  for (const [act, code] of refused) t.throws(act, { code }, act.toString())
  await t.rejects(session.upload({ a: 'x\0y' }), { code: 'DDB_STRING_HAS_NUL' })
  t.strictSame(toPlain(await session.run('1+1')), 2, 'the session goes on')
})

t.test('tables of an answer have methods, and are tables like any other', async t => {
  const result = await session.run<ResultTable>('table(1 2 as id)')
  t.strictSame(result.toRows(), [{ id: 1 }, { id: 2 }])
  t.strictSame(result.toColumns(), { id: [1, 2] })
  t.notOk(Object.keys(result).includes('toRows'))
  t.strictSame(await echoed(result), { id: [1, 2] }, 'it can be sent back')
})
