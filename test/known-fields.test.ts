/* Misspelt and misplaced options of the library are refused with the name that is meant. */
import t from 'tap'
import { audit, check, connect, ConnectionPool, load, TableWriter } from '../src/index.js'
import { checkFields, record, text, texts } from '../src/known-fields.js'

const server = { host: '127.0.0.1', port: 1 }
const target = { table: 'trades' }
const inputs = ['trades.csv']

/** Callers in plain JavaScript have no compiler. */
const call = async (run: (options: never) => Promise<unknown>, options: unknown) =>
  run(options as never)

t.test('a field at a wrong level is refused with the right one', async t => {
  for (const [options, words] of [
    [{ server, table: 'trades', inputs }, /^there is no option `table`: write `target\.table`$/],
    [{ server, target, inputs, delimiter: ';' }, /write `input\.delimiter`/],
    [
      { server, target: { ...target, onError: 'skip' }, inputs },
      /`target\.onError`: write `rejects\.onError`/,
    ],
    [
      { server, target, inputs, delivery: { rateLimit: { bytes: 5 } } },
      /no option `delivery\.rateLimit\.bytes`: the options are `bytesPerSecond`, `rows/,
    ],
  ] as const) {
    for (const run of [load, check, audit]) {
      await t.rejects(call(run, options), { code: 'DDB_USAGE', message: words })
    }
    const { inputs: _, ...ofRows } = options
    const opening = call(o => TableWriter.open(o), ofRows)
    await t.rejects(opening, { code: 'DDB_USAGE', message: words })
  }
})

t.test('a misspelt field is refused with the nearest one', async t => {
  for (const [options, words] of [
    [{ server, target, inputs, input: { delimitr: ';' } }, /did you mean `input\.delimiter`\?$/],
    [{ server: { ...server, pasword: 'x' }, target, inputs }, /did you mean `server\.password`\?$/],
    [{ server, target, inputs, zzzzzzzz: 1 }, /the options are `inputs`, .* and others$/],
    [{ server, target, input: 'trades.csv' }, /^`input` is an object with fields such as `format`/],
    [{ server, target: 'trades', inputs }, /^`target` is an object with fields such as `table`/],
    [{ target, inputs }, /^`server` is missing, as in server: \{ host/],
    [{ server, inputs }, /^`target` is missing, as in target: \{ table: 'trades' \}$/],
    [undefined, /^options are an object with fields such as `inputs`/],
  ] as const) {
    for (const run of [load, check, audit]) {
      await t.rejects(call(run, options), { code: 'DDB_USAGE', message: words })
    }
  }
})

t.test('a session and a pool refuse unknown fields', async t => {
  const message = /^there is no option `hots`: did you mean `host`\?$/
  await t.rejects(call(connect, { ...server, hots: 'x' }), { code: 'DDB_USAGE', message })
  const pool = call(o => ConnectionPool.connect(o), { ...server, size: 1, hots: 'x' })
  await t.rejects(pool, { code: 'DDB_USAGE', message })
})

t.test('fields that are undefined, and those of values, are not looked at', async t => {
  checkFields({ a: { b: 1 }, c: undefined }, { a: true })
  t.throws(() => checkFields({ constructor: 1 }, { a: true }), { code: 'DDB_USAGE' })
})

t.test('options are copied, each read once, inherited ones too', async t => {
  let reads = 0
  const target = {
    get table() {
      return `t${++reads}`
    },
  }
  const given = { target, inputs: ['a'], map: { a: 'b' }, rows: [{ id: 1 }], trace: {} }
  const others = { rows: true, trace: true } as const
  const fields = { target: { table: text }, inputs: texts, map: record, ...others }
  const copy = checkFields(given, fields)
  given.inputs[0] = given.map.a = 'other'
  const [row] = given.rows.splice(0)
  const own = { target: { table: 't1' }, inputs: ['a'], map: { a: 'b' } }
  t.strictSame(copy, { ...own, rows: [row], trace: {} })
  t.ok(copy.trace === given.trace && copy.rows[0] === row, 'what has no kind is not copied')
  const inherited = Object.create({ map: {}, rows: undefined }) as object
  t.strictSame(checkFields(inherited, fields), { map: {} })
  t.throws(() => checkFields(Object.create({ mapp: {} }) as object, fields), /`map`/)
  class Own {
    get inputs() {
      return ['a']
    }
    trace() {
      return this
    }
  }
  t.match(checkFields(new Own(), fields), { inputs: ['a'], trace: Function }, 'of a class, too')
  for (const map of [Promise.resolve({ a: 'b' }), new Map([['a', 'b']])]) {
    for (const wrong of [map, { map }, { target: map }])
      t.throws(() => checkFields(wrong, fields), { code: 'DDB_USAGE' }, 'no members are options')
  }
})

t.test('a value of another kind is refused with what it must be, no text repeated', async t => {
  for (const [change, message] of [
    [
      { server: { host: 'h', port: '1' } },
      /^`server\.port` is a whole number from 1 to 65535, not the text "1"$/,
    ],
    [{ server: { port: 1 } }, /^`server\.host` is missing, as in server: \{ host/],
    [{ server: { host: 'h' } }, /^`server\.port` is missing/],
    [{ server: { ...server, password: 123456 } }, /^`server\.password` is a text$/],
    [{ server: { ...server, require: 'secret' } }, /^`server\.require` is one of scram, tls$/],
    [{ target: { table: ['t'] } }, /^`target\.table` is a text$/],
    [{ input: { header: true } }, /^`input\.header` is one of auto, yes, no$/],
    [{ input: { limit: -1 } }, /^`input\.limit` is a whole number, or Infinity$/],
    [{ mapping: { map: { a: 1 } } }, /^`mapping\.map` is an object with texts$/],
    [{ cells: { lenient: 'yes' } }, /^`cells\.lenient` is true or false$/],
    [{ signal: null }, /^`signal` is an AbortSignal$/],
    [{ leave: new AbortController() }, /^`leave` is an AbortSignal$/],
    [{ cells: { nullTexts: 'NA' } }, /^`cells\.nullTexts` is a list of texts$/],
    [{ delivery: { rateLimit: { rowsPerSecond: 0 } } }, /rowsPerSecond` is a number above 0$/],
    [
      { expectRows: { atLeast: '5' } },
      /^`expectRows` is a number of rows, or \{ atLeast: ROWS \}$/,
    ],
  ] as const) {
    for (const run of [load, check, audit]) {
      const options = { server, target, inputs, ...change }
      await t.rejects(call(run, options), { code: 'DDB_USAGE', message })
    }
  }
  const message = /^`inputs` is left out for a writer/
  const opening = call(o => TableWriter.open(o), { server, target, inputs })
  await t.rejects(opening, { message })
})
