/*
  Whole inputs: what was written is found, and a run reads every value into the columns found.
*/
import assert from 'node:assert/strict'
import { stringify } from 'csv-stringify/sync'
import fc from 'fast-check'
import { gzipSync } from 'node:zlib'
import { join } from 'node:path'
import t from 'tap'
import { inferSchema } from '../../src/infer/infer.js'
import { neededOptions } from '../../src/infer/needed-options.js'
import { root } from '../helpers/checkout.js'
import { runs } from '../helpers/runs.js'
import { fileURLToPath } from 'node:url'
import { inferText, nothing, readAs, typesOf } from './inferring.js'

const digits = (count: number): fc.Arbitrary<string> =>
  fc
    .array(fc.integer({ min: 0, max: 9 }), { minLength: count, maxLength: count })
    .map(one => one.join(''))

const day = fc
  .tuple(
    fc.integer({ min: 1902, max: 2037 }),
    fc.integer({ min: 1, max: 12 }),
    fc.integer({ min: 1, max: 28 }),
    fc.constantFrom('.', '-', '/'),
  )
  .map(([y, m, d, sign]) => [y, String(m).padStart(2, '0'), String(d).padStart(2, '0')].join(sign))

const clock = fc
  .tuple(fc.integer({ min: 0, max: 23 }), fc.integer({ min: 0, max: 59 }))
  .map(([h, m]) => `${String(h).padStart(2, '0')}:${String(m).padStart(2, '0')}`)

const second = fc
  .tuple(clock, fc.integer({ min: 0, max: 59 }))
  .map(([hm, s]) => `${hm}:${String(s).padStart(2, '0')}`)

const join2 = (a: fc.Arbitrary<string>, sign: string, b: fc.Arbitrary<string>) =>
  fc.tuple(a, b).map(([x, y]) => `${x}${sign}${y}`)

/** Type → texts of it, and one that decides for it. */
const writers: Readonly<Record<string, readonly [fc.Arbitrary<string>, string]>> = {
  BOOL: [fc.constantFrom('true', 'false', 'TRUE'), 'false'],
  INT: [fc.integer({ min: -2147483647, max: 2147483647 }).map(String), '7'],
  LONG: [fc.bigInt({ min: -(2n ** 63n) + 1n, max: 2n ** 63n - 1n }).map(String), '3000000000'],
  DOUBLE: [fc.integer({ min: -999_999, max: 999_999 }).map(one => String(one / 128)), '0.5'],
  'DECIMAL64(17)': [digits(17).map(one => `-3.${one}`), '1.23456789012345678'],
  DATE: [day, '2020.01.02'],
  MONTH: [
    fc.integer({ min: 1, max: 12 }).map(m => `2012.${String(m).padStart(2, '0')}M`),
    '2012.06M',
  ],
  MINUTE: [clock, '09:30'],
  SECOND: [second, '09:30:00'],
  TIME: [join2(second, '.', digits(3)), '09:30:00.000'],
  NANOTIME: [join2(second, '.', digits(9)), '09:30:00.000000000'],
  DATETIME: [join2(day, 'T', second), '2020.01.02 09:30:00'],
  TIMESTAMP: [join2(day, ' ', join2(second, '.', digits(3))), '2020.01.02T09:30:00.000'],
  NANOTIMESTAMP: [join2(day, 'T', join2(second, '.', digits(6))), '2020.01.02T09:30:00.000000'],
  UUID: [fc.uuid(), '5d212a78-cc48-e3b1-4235-b4d91473ee87'],
  IPADDR: [fc.ipV4(), '10.0.0.1'],
  'INT[]': [fc.array(fc.integer({ min: -99, max: 99 })).map(one => JSON.stringify(one)), '[1,2]'],
  'DOUBLE[]': [
    fc.array(fc.integer({ min: -99, max: 99 })).map(one => JSON.stringify(one)),
    '[1.5]',
  ],
  STRING: [fc.string().map(one => `x${one.replaceAll('\0', '')}`), 'only once'],
}

const typed = fc.constantFrom(...Object.keys(writers)).chain(type => {
  const [text, decisive] = writers[type]!
  const cell = fc.option(text, { nil: '' })
  return fc.record({
    type: fc.constant(type),
    cells: fc.array(cell, { minLength: 30, maxLength: 30 }),
    decisive: fc.constant(decisive),
    at: fc.nat(30),
  })
})

t.test('typed columns that a program writes are found', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(typed, { minLength: 1, maxLength: 6 }),
      fc.constantFrom(',', ';', '\t', '|'),
      async (columns, delimiter) => {
        const rows = Array.from({ length: 31 }, (_, row) => [
          String(row),
          ...columns.map(
            ({ cells, decisive, at }) =>
              [...cells.slice(0, at), decisive, ...cells.slice(at)][row]!,
          ),
        ])
        const header = ['row', ...columns.map((_, i) => `c${i}`)]
        const text = stringify([header, ...rows], { delimiter })
        const options = { reader: { header: 'yes' as const, delimiter } }
        const schema = await inferText(text, options)
        const expected = ['row:INT', ...columns.map(({ type }, i) => `c${i}:${type}`)]
        // Texts that happen to come again are symbols.
        const found = typesOf(schema).map((one, i) =>
          expected[i]!.endsWith(':STRING') ? one.replace('SYMBOL', 'STRING') : one,
        )
        assert.deepEqual(found, expected)
        const nulls = columns.map(({ cells }) => cells.filter(cell => cell === '').length)
        assert.deepEqual(
          schema.columns.map(column => column.nulls),
          [0, ...nulls],
        )
        assert.equal(await readAs(schema, text, options), 31)
      },
    ),
    { numRuns: runs(60), endOnFailure: true },
  )
  t.pass()
})

const nasty = fc.constantFrom(
  ...[
    '',
    ' ',
    '0',
    '1',
    '-0',
    '+1',
    '007',
    '1.',
    '.5',
    '1e5',
    '1e400',
    'NaN',
    '-inf',
    'Infinity',
    '0x10',
    '1,5',
  ],
  ...[
    '1.234,5',
    '[1,2]',
    '[',
    '[]',
    '2147483648',
    '-2147483648',
    '9223372036854775807',
    '-9223372036854775808',
  ],
  ...[
    '12345678901234567890',
    '0.1234567890123456789',
    'true',
    'T',
    'a',
    "'a'",
    '20200102',
    '010220',
    '2020.13.01',
  ],
  ...[
    '2020.01.02',
    '31/12/2020',
    '01/02/2020',
    '09:30',
    '09:30:00',
    '24:00:00',
    '2020-01-02T09:30:00Z',
    '2012.06M',
  ],
  ...[
    '2020-01-02T09:30:00.1234567',
    '1900.01.01T00:00:00',
    '3000.01.01T00:00:00.1',
    '::1',
    '1.2.3.4',
    '\ufeff1',
    '１',
  ],
  ...[
    '5d212a78-cc48-e3b1-4235-b4d91473ee87',
    'x'.repeat(300),
    '12.5%',
    'NA',
    'NULL',
    '"',
    '日期',
    ' 1 ',
    '\t2',
  ],
)

t.test('whatever stands in a column, a run reads all of it into the type found', async t => {
  const column = fc
    .uniqueArray(nasty, { minLength: 1, maxLength: 3 })
    .chain(pool => fc.array(fc.constantFrom(...pool), { minLength: 6, maxLength: 6 }))
  const cellRules = fc.constantFrom(
    {},
    { nullTexts: ['NA', 'NULL'] },
    { nullTexts: ['1'], nullQuoted: true },
    { decimalComma: true },
    { thousands: ',' },
    { trueTexts: ['T'], falseTexts: ['a'] },
    { timeZone: 'Asia/Shanghai' },
  )
  await fc.assert(
    fc.asyncProperty(
      fc.array(column, { minLength: 1, maxLength: 4 }),
      cellRules,
      async (columns, cells) => {
        const rows = Array.from({ length: 6 }, (_, row) => ['x', ...columns.map(one => one[row]!)])
        const header = ['row', ...columns.map((_, i) => `c${i}`)]
        const text = stringify([header, ...rows], { delimiter: ';' })
        const options = { reader: { header: 'yes' as const, delimiter: ';', quote: '"' }, cells }
        const schema = await inferText(text, options)
        assert.equal(await readAs(schema, text, options), 6)
      },
    ),
    { numRuns: runs(200), endOnFailure: true },
  )
  t.pass()
})

const jsonValue = fc.oneof(
  fc.constantFrom<unknown>(
    null,
    true,
    0,
    -1,
    2.5,
    2 ** 53,
    1e300,
    'x',
    '1',
    '2020.01.02',
    '',
    '\u001b"\\',
    'é',
  ),
  fc.array(fc.constantFrom<unknown>(1, 2.5, null, 'x', true), { maxLength: 3 }),
  fc.constant({}),
)
const jsonRecord = fc.dictionary(
  fc.constantFrom('a', 'b', 'c d', '日期'),
  fc.oneof(jsonValue, fc.dictionary(fc.constantFrom('x', 'y.z', 'a'), jsonValue, { maxKeys: 2 })),
  { minKeys: 1 },
)

t.test('records of JSON, whatever they hold, are read into the columns found', async t => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(jsonRecord, { minLength: 1, maxLength: 8 }),
      fc.boolean(),
      async (records, isArray) => {
        const first = { id: 1 }
        const all = [first, ...records.map(one => ({ id: 2, ...one }))]
        const text = isArray
          ? JSON.stringify(all, null, 1)
          : all.map(one => `${JSON.stringify(one)}\n`).join('')
        const schema = await inferText(text)
        const mixed = schema.columns.some(({ source }) =>
          [...schema.columns, ...schema.leftOut].some(other =>
            other.source!.startsWith(`${source}.`),
          ),
        )
        // A member that is an object in some records and a value in others fits no columns.
        const isObjectElsewhere = records.some(one =>
          Object.keys(one).some(key => isPlainObject(one[key])),
        )
        if (mixed || isObjectElsewhere) return
        assert.equal(await readAs(schema, text), all.length)
      },
    ),
    { numRuns: runs(200), endOnFailure: true },
  )
  t.pass()
})

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

t.test('members of objects, and members that come late or never', async t => {
  const text = [
    '{"a":1,"b":{"c":2,"d":null}}',
    '{"a":2.5,"b":null,"late":"x\\n\\u00e9"}',
    '{"a":3,"b":{"c":9007199254740993,"d":[1,2]},"late":"y"}',
    '{"a":4}',
  ].join('\n')
  const schema = await inferText(text)
  t.strictSame(typesOf(schema), ['a:DOUBLE', 'b_c:LONG', 'b_d:INT[]', 'late:STRING'])
  t.strictSame(
    schema.columns.map(({ nulls }) => nulls),
    [0, 2, 3, 2],
  )
  t.strictSame(neededOptions(schema), {
    map: { b_c: 'b.c', b_d: 'b.d' },
    dateFormats: {},
    matchPosition: false,
    allowMissing: true,
    ignoreExtra: false,
  })
  t.equal(await readAs(schema, text), 4)
})

const fixtures: readonly (readonly [file: string, types: string])[] = [
  [
    'csv/airports.csv',
    'iata:STRING,name:STRING,city:STRING,state:SYMBOL,country:SYMBOL,latitude:DOUBLE,longitude:DOUBLE',
  ],
  [
    'csv/seattle-weather.csv',
    'date:DATE,precipitation:DOUBLE,temp_max:DOUBLE,temp_min:DOUBLE,wind:DOUBLE,weather:SYMBOL',
  ],
  [
    'csv/seattle-weather-hourly-normals.csv',
    'date:DATETIME,pressure:DOUBLE,temperature:DOUBLE,wind:DOUBLE',
  ],
  ['csv/tb1.csv', 'id:INT,ticker:SYMBOL,price:DOUBLE'],
  ['csv/trades.csv', 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'],
  ['json/trades.ndjson', 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'],
  [
    'json/earthquakes.ndjson',
    'id:STRING,time:TIMESTAMP,mag:DOUBLE,magType:SYMBOL,place:STRING,longitude:DOUBLE,latitude:DOUBLE,depth:DOUBLE,nst:INT,felt:INT,tsunami:INT',
  ],
  [
    'json/earthquakes.json',
    'id:STRING,time:LONG,mag:DOUBLE,magType:SYMBOL,place:STRING,longitude:DOUBLE,latitude:DOUBLE,depth:DOUBLE,nst:INT,felt:INT,tsunami:INT',
  ],
]

t.test('the columns of all fixtures', async t => {
  for (const [file, types] of fixtures) {
    const path = fileURLToPath(new URL(`fixtures/${file}`, root))
    const schema = await inferSchema({ ...nothing, paths: [path] })
    t.equal(typesOf(schema).join(','), types, file)
    t.match(schema, { isComplete: true, rejected: 0, needsPosition: false })
  }
})

t.test('a table is found inside a document', async t => {
  const path = fileURLToPath(new URL('fixtures/json/earthquakes-features.json', root))
  const schema = await inferSchema({ ...nothing, paths: [path], reader: { jsonPath: 'features' } })
  const types = typesOf(schema)
  t.ok(types.includes('properties_mag:DOUBLE'), types.join(','))
  t.ok(types.includes('geometry_coordinates:DOUBLE[]'))
})

t.test('headers that are no names, or stand there twice', async t => {
  const odd = await inferText('a b,日期,1x,a_b,A_B,é\n1,2,3,4,5,6\n', { reader: { header: 'yes' } })
  t.strictSame(
    odd.columns.map(({ name }) => name),
    ['a_b_2', '日期', 'c1x', 'a_b', 'A_B_3', 'col5'],
  )
  t.strictSame(neededOptions(odd).map, { a_b_2: 'a b', c1x: '1x', A_B_3: 'A_B', col5: 'é' })
  const twice = await inferText('a,a,\n1,2,3\n', { reader: { header: 'yes' } })
  t.strictSame(typesOf(twice), ['a:INT', 'a_2:INT', 'col2:INT'])
  t.match(neededOptions(twice), { map: {}, matchPosition: true })
  t.equal(await readAs(twice, 'a,a,\n1,2,3\n', { reader: { header: 'yes' } }), 1)
  const hidden = await inferText('a,"b\tc"\n1,2\n', { reader: { header: 'yes', delimiter: ',' } })
  t.strictSame(typesOf(hidden), ['a:INT', 'b_c:INT'])
  t.match(neededOptions(hidden), { map: {}, matchPosition: true }, 'no command could name it')
  const none = await inferText('1,2\n3,4\n')
  t.strictSame(typesOf(none), ['col0:INT', 'col1:INT'])
  t.match(neededOptions(none), { map: {}, matchPosition: false })
})

t.test('inputs without columns, without rows, with one column', async t => {
  await t.rejects(inferText(''), { code: 'DDB_INPUT_COLUMN', message: /is empty/ })
  await t.rejects(inferText('{"a":\n', { reader: { format: 'ndjson' } }), {
    code: 'DDB_INPUT_COLUMN',
    message: /no record that can be read; the first: <stdin> line 1/,
  })
  const head = await inferText('a,b\n', { reader: { header: 'yes' } })
  t.strictSame(typesOf(head), ['a:STRING', 'b:STRING'])
  t.match(head.columns[0]!.warnings, ['no value was seen'])
  t.strictSame(typesOf(await inferText('a\n1\n2\n')), ['a:INT'])
})

t.test('records that no table can take are counted, and their cells left out', async t => {
  const schema = await inferText('x,y\n1,2\nabc\n3,4,5\n6,7\n')
  t.match(schema, { rows: 4, rejected: 2, firstReject: '<stdin> line 3: expected 2 fields, got 1' })
  t.strictSame(typesOf(schema), ['x:INT', 'y:INT'])
  const text = Buffer.concat([Buffer.from('x,y\n1,2\n'), Buffer.from([0x61, 0xff, 0x2c, 0x78, 10])])
  const broken = await inferText(text, {
    source: { encoding: 'utf-8' },
    reader: { header: 'yes' },
  })
  t.match(broken, { rows: 2, rejected: 1 })
  t.strictSame(typesOf(broken), ['x:INT', 'y:INT'])
})

t.test('names of records are no column, and what may be one is asked for', async t => {
  const text = 'price,size\nr1,1.5,2\nr2,2.5,3\n'
  const reader = { rowNames: true, delimiter: ',' } as const
  t.strictSame(typesOf(await inferText(text, { reader })), ['price:DOUBLE', 'size:INT'])
  t.equal(await readAs(await inferText(text, { reader }), text, { reader }), 2)
  const twice = await inferText('x,x\nr1,1,2\n', { reader })
  t.strictSame(typesOf(twice), ['x:INT', 'x_2:INT'])
  t.equal(twice.needsPosition, true)
  const behind = 'price,size\n1,1.5,\n2,2.5,\n'
  await t.rejects(inferText(behind), { code: 'DDB_USAGE', message: /rowNames/ })
  const trailing = await inferText(behind, { reader: { trailingDelimiter: true } })
  t.strictSame(typesOf(trailing), ['price:INT', 'size:DOUBLE'])
})

t.test('several inputs are one table; others than the first have to be like it', async t => {
  const dir = t.testdir({
    'a.csv': 'x,y\n1,2\n',
    'b.csv': 'y,x\n2.5,3\n',
    'c.csv': 'x,z\n1,2\n',
    'd.ndjson': '{"x":1}\n',
    'e.csv.gz': gzipSync('x,y\n"",x\n'),
  })
  const infer = (...names: string[]) =>
    inferSchema({ ...nothing, paths: names.map(name => join(dir, name)) })
  t.strictSame(typesOf(await infer('a.csv', 'b.csv')), ['x:INT', 'y:DOUBLE'])
  const zipped = await infer('a.csv', 'e.csv.gz')
  t.strictSame(typesOf(zipped), ['x:INT', 'y:STRING'])
  t.match(zipped.inputs, [{ compression: 'none' }, { compression: 'gzip', rows: 1 }])
  await t.rejects(infer('a.csv', 'c.csv'), { code: 'DDB_INPUT_COLUMN' })
  await t.rejects(infer('a.csv', 'd.ndjson'), { code: 'DDB_USAGE', message: /another kind/ })
  await t.rejects(infer('d.ndjson', 'a.csv'), { code: 'DDB_USAGE', message: /another kind/ })
})

t.test('of a sample the number of all rows is estimated', async t => {
  const line = '12345,abc\n'
  const dir = t.testdir({ 'a.csv': `x,y\n${line.repeat(300_000)}`, 'b.csv': `x,y\n${line}` })
  const paths = [join(dir, 'a.csv'), join(dir, 'b.csv')]
  const some = await inferSchema({ ...nothing, paths, sample: 1000 })
  t.match(some, { rows: 1000, isComplete: false })
  t.ok(Math.abs(some.estimatedRows - 300_001) < 3000, String(some.estimatedRows))
  const all = await inferSchema({ ...nothing, paths })
  t.match(all, { rows: 300_001, isComplete: true, estimatedRows: 300_001 })
  t.match(all.columns, [{ distinct: 1 }, { distinct: 1 }])
})

t.test('mapped and constant columns', async t => {
  const schema = await inferText('a b,c\n1,x\n', {
    map: { price: 'a b' },
    set: { day: '2020.01.02', n: '' },
  })
  t.strictSame(typesOf(schema), ['price:INT', 'c:STRING', 'day:DATE', 'n:STRING'])
  t.match(schema.columns[2]!, { nulls: 0, days: { first: 18263, last: 18263 } })
  await t.rejects(inferText('a\n1\n', { map: { x: 'b' } }), { code: 'DDB_USAGE', message: /"x"/ })
  await t.rejects(inferText('a\n1\n', { set: { a: '1' } }), { code: 'DDB_USAGE', message: /"a"/ })
  const wrong = { cells: { dateFormats: { b: 'yyyy' } } }
  await t.rejects(inferText('a\n1\n', wrong), { code: 'DDB_USAGE', message: /"b"/ })
})
