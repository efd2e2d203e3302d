/* The columns that the program infers from inputs. */
import assert from 'node:assert/strict'
import fc from 'fast-check'
import t from 'tap'
import { join } from 'node:path'
import { fileURLToPath } from 'node:url'
import { gzipSync } from 'node:zlib'
import { stringify } from 'csv-stringify/sync'
import { withOptions } from '../../src/infer/candidate.js'
import { proposeNames } from '../../src/infer/column-names.js'
import { DistinctCount } from '../../src/infer/text-facts.js'
import { inferSchema } from '../../src/infer/infer.js'
import { neededOptions } from '../../src/infer/inferred-schema.js'
import { isIdentifier, isReservedWord } from '../../src/schema/field-names.js'
import { schemaFromTypes } from '../../src/schema/target-schema.js'
import { root } from '../helpers/checkout.js'
import { deepTest, forAll, forAllAsync, runs } from '../helpers/runs.js'
import { columnOf, inferText, nothing, readAs, typeOf, typesOf } from './inferring.js'

// Complete inputs. The inferred columns must be those that were written, and a run must read every value into them.

const reader = { header: 'yes', delimiter: ',' } as const

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

/** Type → arbitrary texts of the type, and a text by which the program recognizes the type. */
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

t.test('the typed columns that a program writes are found', async () => {
  await forAllAsync(60)(
    fc.array(typed, { minLength: 1, maxLength: 6 }),
    fc.constantFrom(',', ';', '\t', '|'),
    async (columns, delimiter) => {
      const rows = Array.from({ length: 31 }, (_, row) => [
        String(row),
        ...columns.map(
          ({ cells, decisive, at }) => [...cells.slice(0, at), decisive, ...cells.slice(at)][row]!,
        ),
      ])
      const header = ['row', ...columns.map((_, i) => `c${i}`)]
      const text = stringify([header, ...rows], { delimiter })
      const options = { reader: { header: 'yes' as const, delimiter } }
      const schema = await inferText(text, options)
      const expected = ['row:INT', ...columns.map(({ type }, i) => `c${i}:${type}`)]
      // Texts that happen to repeat become symbols.
      const found = typesOf(schema).map((one, i) =>
        expected[i]!.endsWith(':STRING') ? one.replace('SYMBOL', 'STRING') : one,
      )
      assert.deepEqual(found, expected)
      const nulls = columns.map(({ cells }) => cells.filter(cell => cell === '').length)
      const nullCounts = schema.columns.map(column => column.nulls)
      assert.deepEqual(nullCounts, [0, ...nulls])
      assert.equal(await readAs(schema, text, options), 31)
    },
  )
})

const nasty = fc.constantFrom(
  ...'0 1 -0 +1 007 1. .5 1e5 1e400 NaN -inf Infinity 0x10 1,5 1.234,5 [1,2] [ []'.split(' '),
  ...'2147483648 -2147483648 9223372036854775807 -9223372036854775808'.split(' '),
  ...'12345678901234567890 0.1234567890123456789 true T a'.split(' '),
  ...'20200102 010220 2020.13.01 2020.01.02 31/12/2020 01/02/2020 09:30 09:30:00'.split(' '),
  ...'24:00:00 2020-01-02T09:30:00Z 2012.06M 2020-01-02T09:30:00.1234567'.split(' '),
  ...'1900.01.01T00:00:00 3000.01.01T00:00:00.1 ::1 1.2.3.4'.split(' '),
  ...'5d212a78-cc48-e3b1-4235-b4d91473ee87 12.5% NA NULL " 日期 １'.split(' '),
  ...['', ' ', "'a'", '\ufeff1', 'x'.repeat(300), ' 1 ', '\t2'],
)

t.test('for any column, a run reads all its texts into the type that was found', async () => {
  const column = fc
    .uniqueArray(nasty, { minLength: 1, maxLength: 3 })
    .chain(pool => fc.array(fc.constantFrom(...pool), { minLength: 6, maxLength: 6 }))
  const cellRules = fc.constantFrom(
    {},
    { nullTexts: ['NA', 'NULL'] },
    { nullTexts: ['1'] },
    { decimalComma: true },
    { thousands: ',' },
    { booleans: ['T/a'] },
    { timeZone: 'Asia/Shanghai' },
  )
  // `1.` has a decimal point although no digit follows it, so this table has no decimal comma.
  const pointAlone: [string[][], object] = [
    [Array<string>(6).fill('1.'), ['NaN', 'NaN', '1,5', 'NaN', '1,5', '1,5']],
    {},
  ]
  // A word that numbers make null decides no longer whether the texts of another column repeat.
  const numbers = ['1', '2', 'NULL', '3', '4', 'NULL']
  const nullAlone: [string[][], object] = [[numbers, Array<string>(6).fill('NULL')], {}]
  // In no notation are blanks a number.
  const blankAlone: [string[][], object] = [
    [['1e5', ' ', '1e5', ' ', '1e5', '1e5'], Array<string>(6).fill('1.234,5')],
    {},
  ]
  const nullRepeats: [string[][], object] = [
    [numbers, ['a', '日期', 'NULL', 'NULL', 'NULL', 'NULL']],
    {},
  ]
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
        // The command that is printed gives these options, and `load --create` looks at the input with them again.
        const needed = neededOptions(schema).cells
        const again = await inferText(text, { ...options, cells: withOptions(cells, needed) })
        // With the notation known, a decimal may keep digits that a DOUBLE would lose.
        const rough = (one: typeof schema) =>
          typesOf(one).map(type => type.replace(/DECIMAL.*/, 'DOUBLE'))
        assert.deepEqual(rough(again), rough(schema))
        assert.deepEqual(neededOptions(again).cells, {})
      },
    ),
    {
      numRuns: runs(200),
      endOnFailure: true,
      examples: [pointAlone, nullAlone, blankAlone, nullRepeats],
    },
  )
})

const jsonValue = fc.oneof(
  fc.constantFrom<unknown>(null, true, 0, -1, 2.5, 2 ** 53, 1e300),
  fc.constantFrom('x', '1', '2020.01.02', '', '\u001b"\\', 'é'),
  fc.array(fc.constantFrom<unknown>(1, 2.5, null, 'x', true), { maxLength: 3 }),
  fc.constant({}),
)
const jsonRecord = fc.dictionary(
  fc.constantFrom('a', 'b', 'c d', '日期'),
  fc.oneof(jsonValue, fc.dictionary(fc.constantFrom('x', 'y.z', 'a'), jsonValue, { maxKeys: 2 })),
  { minKeys: 1 },
)

deepTest(t, 'any JSON records are read into the columns that were found', async () => {
  await forAllAsync(200)(
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
      // A member that is an object in some records and a value in others fits no column.
      const isObjectElsewhere = records.some(one =>
        Object.keys(one).some(key => isPlainObject(one[key])),
      )
      if (mixed || isObjectElsewhere) return
      assert.equal(await readAs(schema, text), all.length)
    },
  )
})

function isPlainObject(value: unknown): boolean {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}

t.test('members of objects, and members that appear late or never', async t => {
  const text = [
    '{"a":1,"b":{"c":2,"d":null}}',
    '{"a":2.5,"b":null,"late":"\\u65e5\\n\\"\\ud83d\\ude00"}',
    '{"a":3,"b":{"c":9007199254740993,"d":[1,2]},"late":"y"}',
    '{"a":4}',
  ].join('\n')
  const schema = await inferText(text)
  t.strictSame(typesOf(schema), ['a:DOUBLE', 'b_c:LONG', 'b_d:INT[]', 'late:STRING'])
  t.equal(schema.columns[3]!.sample, '日\n"😀')
  const nullCounts = schema.columns.map(({ nulls }) => nulls)
  t.strictSame(nullCounts, [0, 2, 3, 2])
  t.strictSame(neededOptions(schema), {
    input: {},
    mapping: { map: { b_c: 'b.c', b_d: 'b.d' }, allowMissing: true },
    cells: {},
    rejects: 0,
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

t.test('headers that are not names, or repeat', async t => {
  const odd = await inferText('a b,日期,1x,a_b,A_B,é\n1,2,3,4,5,6\n', { reader: { header: 'yes' } })
  const foundNames = odd.columns.map(({ name }) => name)
  t.strictSame(foundNames, ['a_b_2', '日期', 'c1x', 'a_b', 'A_B_3', 'col5'])
  t.strictSame(neededOptions(odd).mapping.map, { a_b_2: 'a b', c1x: '1x', A_B_3: 'A_B', col5: 'é' })
  const twice = await inferText('a,a,\n1,2,3\n', { reader: { header: 'yes' } })
  t.strictSame(typesOf(twice), ['a:INT', 'a_2:INT', 'col2:INT'])
  t.strictSame(neededOptions(twice).mapping, { match: 'position' })
  t.equal(await readAs(twice, 'a,a,\n1,2,3\n', { reader: { header: 'yes' } }), 1)
  const hidden = await inferText('a,"b\tc"\n1,2\n', { reader: { header: 'yes', delimiter: ',' } })
  t.strictSame(typesOf(hidden), ['a:INT', 'b_c:INT'])
  const needed = neededOptions(hidden).mapping
  t.strictSame(needed, { match: 'position' }, 'no mapping on the command line could name it')
  const none = await inferText('1,2\n3,4\n')
  t.strictSame(typesOf(none), ['col0:INT', 'col1:INT'])
  t.strictSame(neededOptions(none).mapping, {})
})

t.test('inputs without columns, without rows, with one column', async t => {
  await t.rejects(inferText(''), { code: 'DDB_INPUT_COLUMN', message: /is empty/ })
  await t.rejects(inferText('{"a":\n', { reader: { format: 'ndjson' } }), {
    code: 'DDB_INPUT_COLUMN',
    message: /no record that can be read; the first: <stdin> line 1/,
  })
  await t.rejects(inferText('a,b,c\n1,2\n3,4\n5,6\n'), {
    code: 'DDB_INPUT_COLUMN',
    message: /line 2: expected 3 fields, got 2. `input.ragged` pad fills/,
  })
  const head = await inferText('a,b\n', { reader: { header: 'yes' } })
  t.strictSame(typesOf(head), ['a:STRING', 'b:STRING'])
  t.match(head.columns[0]!.warnings, ['no value was seen'])
  t.strictSame(typesOf(await inferText('a\n1\n2\n')), ['a:INT'])
})

t.test('records that fit no table are counted, and their cells are ignored', async t => {
  const schema = await inferText('x,y\n1,2\nabc\n3,4,5\n6,7\n')
  t.match(schema, { rows: 4, rejected: 2, firstReject: '<stdin> line 3: expected 2 fields, got 1' })
  t.strictSame(typesOf(schema), ['x:INT', 'y:INT'])
  const text = Buffer.concat([Buffer.from('x,y\n1,2\n'), Buffer.from([0x61, 0xff, 0x2c, 0x78, 10])])
  const broken = await inferText(text, { source: { encoding: 'utf-8' }, reader: { header: 'yes' } })
  t.match(broken, { rows: 2, rejected: 1 })
  t.strictSame(typesOf(broken), ['x:INT', 'y:INT'])
})

t.test('records with one field more than the header may be unclear', async t => {
  const behind = 'price,size\n1,1.5,\n2,2.5,\n'
  await t.rejects(inferText(behind), { code: 'DDB_USAGE', message: /row name/ })
  const trailing = await inferText(behind, { reader: { trailingDelimiter: true } })
  t.strictSame(typesOf(trailing), ['price:INT', 'size:DOUBLE'])
})

t.test('several inputs form one table; later inputs must match the first', async t => {
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
  await t.rejects(infer('a.csv', 'c.csv'), {
    code: 'DDB_INPUT_COLUMN',
    message: /c\.csv has different columns from .*a\.csv, such as no "y"/,
  })
  await t.rejects(infer('a.csv', 'd.ndjson'), { code: 'DDB_USAGE', message: /a different kind/ })
  await t.rejects(infer('d.ndjson', 'a.csv'), { code: 'DDB_USAGE', message: /a different kind/ })
})

deepTest(t, 'the total number of rows is estimated from a sample', async t => {
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
  const header = await inferText('a,b\n', { reader, set: { day: '2020.01.02' } })
  t.strictSame(typesOf(header), ['a:STRING', 'b:STRING', 'day:DATE'])
  await t.rejects(inferText('a\n1\n', { map: { x: 'b' } }), { code: 'DDB_USAGE', message: /"x"/ })
  await t.rejects(inferText('a\n1\n', { set: { a: '1' } }), { code: 'DDB_USAGE', message: /"a"/ })
  const wrong = { cells: { dateFormats: { b: 'yyyy' } } }
  await t.rejects(inferText('a\n1\n', wrong), { code: 'DDB_USAGE', message: /"b"/ })
})

// How the spelling of its texts decides the type of a column. The expected types are written by hand, from
// DolphinDB's manual on literals and from the readers of cells.

/** A type, and columns of texts that have this type. */
const spellings: readonly (readonly [type: string, ...columns: (readonly string[])[]])[] = [
  ['BOOL', ['true', 'false'], ['TRUE', '0', '1']],
  ['INT', ['0', '1', '1'], ['-2147483647', '2147483647'], ['+5', '-0', '']],
  ['LONG', ['2147483648', '1'], ['-2147483648']],
  ['LONG', ['9223372036854775807', '-9223372036854775807', '9007199254740993']],
  ['DECIMAL128(0)', ['-9223372036854775808', '9223372036854775807'], ['12345678901234567891']],
  ['DOUBLE', ['10000000000000000000'], ['1', '2.5'], ['1e5', '-1.5E-300']],
  ['DOUBLE', ['0.30000000000000004', '0.10000000000000001'], [`1.${'1'.repeat(50)}`]],
  ['DECIMAL64(17)', ['1.23456789012345678', '-2.5']],
  ['DECIMAL128(18)', ['12345.123456789012345678']],
  ['DATE', ['2020.01.02', '2020-12-31', '2020/02/29'], ['0001.01.01', '9999.12.31']],
  ['MONTH', ['2012.06M', '2012.12M'], ['2012-06']],
  ['MINUTE', ['09:30', '23:59m']],
  ['SECOND', ['09:30:00', '23:59:59']],
  ['TIME', ['09:30:00.000'], ['09:30:00', '09:30:00.5']],
  ['NANOTIME', ['09:30:00.000001'], ['09:30:00.123456789', '09:30:00']],
  ['DATEHOUR', ['2012.06.13T13']],
  ['DATETIME', ['2020.01.02T09:30:00', '2020-01-02 23:59:59'], ['2020.01.02T00:00:00']],
  ['DATETIME', ['2020.01.02T09:30:00', '2020.01.02']],
  ['TIMESTAMP', ['2020.01.02T09:30:00', '1850.01.02T09:30:00'], ['2020.01.02T09:30:00.000']],
  ['TIMESTAMP', ['2020.01.02T09:30:00.1', '2040.01.01']],
  ['NANOTIMESTAMP', ['2020.01.02T09:30:00.000001'], ['2020.01.02T09:30:00.123456789']],
  ['UUID', ['5d212a78-cc48-e3b1-4235-b4d91473ee87']],
  ['IPADDR', ['192.168.1.1', 'fe80::1']],
  ['INT[]', ['[1,2,3]', '[]', '[4]']],
  ['LONG[]', ['[1,3000000000]']],
  ['DOUBLE[]', ['[1.5,2]', '[3]']],
  ['DATE[]', ['[2020.01.02,2020.01.03]']],
  ['STRING', ['1,2,3', '4,5']],
  ['INT', ['NaN', '1'], ['1', 'NA', 'n/a', '--']],
  ['DATE', ['2020.01.02', '-']],
  ['BOOL', ['true', 'false', 'NULL']],
  ['STRING', ['NA', 'n/a']],
  ['DOUBLE', ['10.00', '20.00'], ['7.', '8'], ['1E5', '20']],
  ['DOUBLE[]', ['[1.0,2.0]']],
  ['STRING', ['[000001,600519]', '[000002]'], ['[+4912345,1]'], ['[1]', '[2,01]']],
  ['INT[]', ['[-0,0]', '[+5,10]']],
  ['DECIMAL128(15)', ['1000.000000000000001', '123456.000000000000001']],
  ['DOUBLE', ['8.000000000000001', '12.300000000000001']],
  ['STRING', ['+4912345', '+4967890']],
  ['INT', ['+12', '-3']],
  ['SYMBOL', ['yes', 'no', 'yes', 'no']],
  ['INT', ['12,300', '950', '1,234,567']],
  ['LONG', ['12,300,000,000']],
  ['DOUBLE', ['1,234.5', '7'], ['1,234.00', '7'], ['1.234,5', '1.234.567,25']],
  ['INT', ['1.234.567', '12'], ["12'300", '950'], ['12 300', '950'], ['12\u00a0300', '950']],
  ['DOUBLE', ['1,5', '2,25'], ['12.5%', '3 %'], ['1,234.5%', '3%']],
  ['STRING', ['12.5%', '3']],
  ['DOUBLE', ['1,234', '1.234.567']],
  ['STRING', ['12,30', '1,234,567'], ['0,123,456']],
  ['SECOND', ['6:24:34', '16:24:34']],
  ['MINUTE', ['9:05', '19:05'], ['9:05 AM', '11:05 PM']],
  ['SECOND', ['9:05:07PM']],
  ['TIME', ['9:05:07.123']],
  ['DATE', ['2020/1/5', '2020/10/15'], ['13.02.99'], ['05-Jan-20', '15-Feb-21'], ['Jan 5, 2020']],
  ['DATE', ['05Jan2020']],
  ['DATETIME', ['1/31/2020 9:05 PM'], ['31/12/2020 9:05']],
  ['TIMESTAMP', ['31/12/1850 9:05:00'], ['20240102 93000000', '20240102 145959999']],
  ['TIMESTAMP', ['20240102T93000000'], ['20240102093000000']],
  ['DATETIME', ['20240102093000']],
  ['DATE', ['20240102', '20241231']],
  ['INT', ['93000000', '145959000']],
  ['STRING', ['13.02.20'], ['20240102 3000', '20240102 1000'], ['inf', '1.5'], ['0x10']],
  ['STRING', ['000001', '600000'], ['2020.02.30'], ['24:00'], ['平安', '银行'], [' '], ['', '']],
  ['SYMBOL', ['A', 'B', 'A'], ['A', 'B', 'A', 'B']],
  ['STRING', ['A', 'B']],
]

deepTest(t, 'every spelling of a type', async t => {
  for (const [type, ...columns] of spellings) {
    for (const texts of columns) t.equal(await typeOf(texts), type, texts.join(' '))
  }
})

t.test('digits that are not plain numbers get a warning', async t => {
  const warning = async (...texts: string[]): Promise<string> =>
    (await columnOf(texts)).warnings.join('\n')
  t.match(await warning('000001', '600000'), /"000001" has a leading zero/)
  t.match(await warning('20200102', '20201231'), /"20200102" are read as dates, yyyyMMdd$/)
  const warned = await warning('010220', '311220')
  t.match(warned, /leading zero.*\n.*may be dates or times, yyMMdd or ddMMyy:/)
  t.match(await warning('121110'), /yyMMdd or ddMMyy or MMddyy: .*c=FORMAT/)
  t.equal(await warning('20201302', '20201231'), '', 'not all of them are dates')
  t.equal(await warning('600000', '600519'), '', 'stock codes have no month 00')
  t.match(await warning('1.23456789012345678'), /a decimal, because DOUBLE does not keep/)
  t.match(await warning(`1.${'2'.repeat(39)}1`), /DOUBLE does not keep all digits/)
  for (const lossy of ['9.007199254740993e15', '1.2345678901234567890e5', '1e-400']) {
    t.match(await warning('1', lossy), /DOUBLE does not keep all digits/)
    t.match(await warning(`[1.5,${lossy}]`), /DOUBLE does not keep all digits/)
  }
  t.equal(await warning('764.1446399553695E9', '7.641446399553695E2'), '')
  t.match(await warning('[000001,2]'), /"000001" has a leading zero/)
  t.match(await warning('[+4912345,1]'), /"\+4912345" has a plus sign/)
  t.match(await warning('[12345678901234567890]'), /keep all digits of "12345678901234567890"/)
  const written = [String(Math.PI * 1e-9), '[5e-324,1.7976931348623157e308]', '0e99', '[1e3,0.1]']
  for (const kept of written) t.equal(await warning(kept), '')
})

t.test('stock codes stay texts even if no row in the sample has a leading zero', async t => {
  const typeOf = async (name: string, ...texts: string[]): Promise<string> =>
    (await neededFor(texts, name)).type
  const codes = ['600000', '600519', '600519', '600000']
  for (const name of ['SecurityID', 'symbol', 'ts_code', '\u8bc1\u5238\u4ee3\u7801']) {
    t.equal(await typeOf(name, ...codes), 'SYMBOL', name)
  }
  t.match((await neededFor(codes, 'symbol')).warnings, /"600000" is a code by the name symbol/)
  t.equal(await typeOf('volume', ...codes), 'INT')
  t.equal(await typeOf('code', '404', '200', '200', '404'), 'INT')
  t.equal(await typeOf('code', '60000', '600519'), 'INT', 'the codes have equal lengths')
  t.equal(await typeOf('code', '-60000', '600519'), 'INT')
})

deepTest(t, 'a DOUBLE that DolphinDB cut after 15 decimals stays a DOUBLE', async t => {
  for (const text of ['16.379999999999998', '48461.825700000001233', '168471.10999999998603']) {
    t.match(await columnOf([text, '1.5']), { type: { type: 'DOUBLE' }, warnings: [] }, text)
  }
  await fc.assert(
    fc.asyncProperty(fc.double({ min: 1e-3, max: 1e9, noNaN: true }), async value => {
      const cut = value.toFixed(60).replace(/(\.\d{15})\d+$/, '$1')
      assert.equal((await columnOf([cut])).type.type, 'DOUBLE', cut)
    }),
    { numRuns: 200 },
  )
  for (const text of ['1234567.12345678901', '0.123456789012345678']) {
    t.match((await columnOf([text])).type, { type: /^DECIMAL/ }, text)
  }
})

t.test('a column that almost fits a type names the cells that do not fit', async t => {
  const numbers = Array.from({ length: 30 }, (_, i) => `${i}.5`)
  const odd = await columnOf([...numbers, 'gone', '31.5', 'gone', ...numbers.map(one => `${one}1`)])
  t.equal(odd.type.type, 'STRING')
  t.match(odd.warnings, [
    '61 of 63 texts are DOUBLE; the first that is not is "gone", <stdin> line 32, column c; `cells.nullTexts` gone makes it null',
  ])
  const mixed = await columnOf(['2020.01.02', '2020-01-03', '31/12/2020'])
  t.match(mixed.warnings, ['2 of 3 texts are DATE; the first that is not is "31/12/2020"'])
  t.strictSame((await columnOf([...numbers, ...numbers.map(one => `x${one}`)])).warnings, [])
})

t.test('a first record that may be a header is distinguished from odd values', async t => {
  const { columns } = await inferText('1,price\n2,1.5\n3,2.5\n4,3.5\n')
  t.match(columns[1]!.warnings, [/"price", <stdin> line 1.*`input.header` yes takes/])
})

t.test('dates in human spelling get their format if the format is certain', async t => {
  const clear = await columnOf(['31/12/2020', '1/2/2020'])
  const needs = { dateFormats: { c: 'dd/MM/yyyy' } }
  t.match(clear, { type: { type: 'DATE' }, needs, warnings: [] })
  const american = await columnOf(['12/31/2020 23:59:59', '01/02/2020 00:00:00'])
  t.match(american, {
    type: { type: 'DATETIME' },
    needs: { dateFormats: { c: 'MM/dd/yyyy HH:mm:ss' } },
  })
  t.match(await columnOf(['31-Dec-2020']), { needs: { dateFormats: { c: 'dd-MMM-yyyy' } } })
  t.match(await columnOf(['2020年1月2日']), { needs: { dateFormats: { c: 'yyyy年MM月dd日' } } })
  const either = await columnOf(['01/02/2020', '02/01/2020'])
  t.match(either, { type: { type: 'STRING' }, needs: { dateFormats: undefined } })
  t.match(either.warnings, [/"01\/02\/2020" are dd\/MM\/yyyy or MM\/dd\/yyyy: .*c=FORMAT/])
})

/** The options that `load` needs to read these texts into a column `c`. */
async function neededFor(texts: readonly string[], name = 'c') {
  const text = stringify([['i', name], ...texts.map((one, i) => [`x${i}`, one])])
  const options = { reader }
  const schema = await inferText(text, options)
  assert.equal(await readAs(schema, text, options), texts.length - neededOptions(schema).rejects)
  const { input, mapping, cells } = neededOptions(schema)
  const { warnings } = schema.columns[1]!
  return {
    type: typesOf(schema)[1]!.split(':')[1]!,
    needs: { ...input, ...mapping, ...cells },
    warnings: warnings.join('\n'),
  }
}

t.test('null texts and number spellings get their options', async t => {
  for (const [texts, type, needs] of [
    [['1', 'NA', '3', 'N/A'], 'INT', { nullTexts: ['N/A', 'NA'] }],
    [['12,300', '950'], 'INT', { thousands: ',' }],
    [['1.234,5', '7'], 'DOUBLE', { thousands: '.', decimalComma: true }],
    [['12.5%', '-'], 'DOUBLE', { nullTexts: ['-'], percentColumns: ['c'] }],
    [['1,234.5%', '3%'], 'DOUBLE', { thousands: ',', percentColumns: ['c'] }],
    [['6:24:34'], 'SECOND', { dateFormats: { c: 'HH:mm:ss' } }],
    [['10.00'], 'DOUBLE', {}],
  ] as const) {
    t.match(await neededFor(texts), { type, needs }, texts.join(' '))
  }
  t.match(await neededFor(['1', 'NA']), {
    warnings: '"NA" in 1 of 2 rows is null with `cells.nullTexts` NA',
  })
  t.match(await neededFor(['12,300', '950']), {
    warnings: /commas such as in "12,300".*decimalComma/,
  })
  t.match(await neededFor(['1,234,567']), { warnings: /^$/ })
  t.match(await neededFor(['yes', 'no', 'no', 'yes']), {
    type: 'SYMBOL',
    warnings: '"yes" and "no" are BOOL with `cells.booleans` yes/no',
  })
  t.match(await neededFor(['+4912345']), { type: 'STRING', warnings: /telephone/ })
  const expected = { type: 'DOUBLE', warnings: /does not keep all digits/ }
  t.match(await neededFor(['123,456,789,012,345.25']), expected)
  // A double has all digits of the second number.
  t.match(await neededFor(['1,234.5', '938.624908328723451']), { type: 'DOUBLE', warnings: /^$/ })
})

t.test('points in addresses separate no thousands, also with a decimal comma', async t => {
  const cells = { decimalComma: true }
  t.equal(await typeOf(['10.0.0.1', '0.253.128.166'], { cells }), 'IPADDR')
  const { type, warnings } = await columnOf(['0,123,456'], { cells })
  t.match([type, ...warnings], [{ type: 'STRING' }, /leading zero/])
})

t.test('a null text that stays a text gets a warning', async t => {
  const { warnings } = await columnOf(['EDGA', 'null', 'null'])
  t.strictSame(warnings, [
    '"null" in 2 of 3 rows stays a text: `cells.nullTexts` null makes it null',
  ])
  t.strictSame((await columnOf(['NA', 'CN', 'DE'])).warnings, [], 'Namibia')
})

t.test('a null text in quotes is a text', async t => {
  const text = 'a,b\n"NA",1\n2,3\n'
  const schema = await inferText(text, { reader })
  t.strictSame(neededOptions(schema).cells, {})
  t.equal(await readAs(schema, text, { reader }), 2)
})

t.test('an option for all columns changes no other column', async t => {
  const reader = { header: 'yes' as const, delimiter: ';' }
  const found = async (text: string): Promise<string> => {
    const schema = await inferText(text, { reader, cells: { decimalComma: false } })
    await readAs(schema, text, { reader, cells: { decimalComma: false } })
    return typesOf(schema).join(',')
  }
  t.equal(await found('land;n\nNA;1\nDE;NA\n'), 'land:STRING,n:STRING', 'Namibia')
  t.equal(await found('land;n\nN/A;1\nDE;N/A\n'), 'land:STRING,n:INT')
  t.equal(await found('land;n\nN/A;1\nNA;NA\n'), 'land:STRING,n:STRING', 'texts are kept')
  t.equal(await found('a;b\n1,5;1.5\n2,5;2.5\n'), 'a:STRING,b:DOUBLE')
  t.equal(await found("a;b\n1,234,567;1'234\n"), 'a:INT,b:STRING')
  t.equal(await found('a;b\n1,234,567;[1,2]\n'), 'a:STRING,b:INT[]')
  const given = { reader, cells: { thousands: ',', decimalComma: false } }
  const other = await inferText('a;b;c\n1,234;1.234,5;1 234\n', given)
  t.strictSame(typesOf(other), ['a:INT', 'b:STRING', 'c:STRING'], 'a given option stays')
  t.strictSame(neededOptions(other).cells, {})
  const { columns } = await inferText('land;n\nNA;1\nDE;NA\nFR;2\n', { reader })
  t.match(columns[1]!.warnings, [/^INT with `cells.nullTexts` NA, but "NA" is a text in another/])
  const sure = await inferText('land;n\nN/A;1\nDE;N/A\n', { reader })
  t.match(sure.columns[0], { nulls: 1, warnings: [/"N\/A" is null with/] })
})

t.test('a number late in the sample may have a different spelling', async t => {
  const plain = Array.from({ length: 5000 }, (_, i) => String(i % 900))
  t.match(await neededFor([...plain, '12,300']), { type: 'INT', needs: { thousands: ',' } })
  t.match(await neededFor([...plain, '12.5%']), { type: 'INT', warnings: /1 of 5001 .*"12.5%"/ })
  const expected = { type: 'DOUBLE', needs: { nullTexts: ['NA'] } }
  t.match(await neededFor([...plain, 'NA', '2.0']), expected)
  t.match(await neededFor([...plain, '0.5', '1,5']), { type: 'DOUBLE', warnings: /"1,5"/ })
  const days = Array.from({ length: 5000 }, () => '20240131')
  t.match(await neededFor(days), { type: 'DATE' })
  t.match(await neededFor([...days, '20240132']), { type: 'INT', warnings: '' })
})

t.test('digits are times of day if the column name says so', async t => {
  const trades = ['93000000', '145959999', '130000000']
  const time = async (name: string, ...texts: string[]) => neededFor(texts, name)
  for (const name of ['time', 'TradeTime', '成交时间', 'time_stamp', 'ts']) {
    t.match(await time(name, ...trades), {
      type: 'TIME',
      needs: { dateFormats: { [name]: 'HHmmssSSS' } },
      warnings: /"93000000" are read as times, HHmmssSSS/,
    })
  }
  t.match(await time('time', '093000000', '000000000'), { type: 'TIME' })
  t.match(await time('time', '93000', '145959', '93059'), { type: 'SECOND' })
  t.match(await time('time', '130000', '140000'), { type: 'INT', warnings: /HHmmssSSS or HHmmss/ })
  for (const [name, ...texts] of [
    ['volume', ...trades],
    ['time', ...trades, '240000000'],
    ['time', ...trades, '93060000'],
    ['time', ...trades, '-93000000'],
    ['time', '1', '2', '3'],
    ['elapsed_time_times', ...trades],
  ] as const) {
    t.match(await time(name, ...texts), { type: 'INT', needs: {}, warnings: '' }, texts.join(' '))
  }
  t.match(await time('time', ...trades, '0093000000'), { type: 'STRING', warnings: /leading zero/ })
  t.match(await time('order_id', '20240102'), {
    type: 'INT',
    warnings: /may be dates or times, yyyyMMdd/,
  })
  const expected = { type: 'LONG', warnings: /yyyyMMddHHmmssSSS/ }
  t.match(await time('OrderNo', '20240102093000001'), expected)
})

t.test('a given type is used, whatever the texts suggest', async t => {
  const text = 'day,n,code\n20240102,1.5,7\n20240103,x,8\n'
  const types = schemaFromTypes('day:INT,n:DOUBLE,code:SYMBOL').columns
  const schema = await inferText(text, { reader, types })
  t.strictSame(typesOf(schema), ['day:INT', 'n:DOUBLE', 'code:SYMBOL'])
  t.match(schema.columns[1]!.warnings, [
    '1 of 2 texts are not DOUBLE; the first is "x", <stdin> line 3',
  ])
  const dated = await inferText('a,b,n\n31/12/2020,01/02/2020,"1,234"\n', {
    reader,
    types: schemaFromTypes('a:TIMESTAMP,b:DATE,n:LONG').columns,
  })
  t.strictSame(typesOf(dated), ['a:TIMESTAMP', 'b:DATE', 'n:LONG'])
  t.match(neededOptions(dated).cells, { thousands: ',' })
  t.match(dated.columns[1]!.warnings, [/dd\/MM\/yyyy or MM\/dd\/yyyy: say which/])
  const missing = inferText('a\n1\n', { types: schemaFromTypes('x:INT').columns })
  await t.rejects(missing, { code: 'DDB_USAGE', message: /no column "x"/ })
})

t.test('fields are mapped and set as in a load', async t => {
  const text = 'Time,code\n09:30,7\n'
  const twice = await inferText(text, { reader, map: { t: 'time', u: 'Time' } })
  t.strictSame(typesOf(twice), ['t:MINUTE', 'u:MINUTE', 'code:INT'])
  t.equal(await readAs(twice, text, { reader }), 1)
  const set = await inferText(text, { reader, set: { code: 'x' } })
  t.strictSame(typesOf(set), ['Time:MINUTE', 'code:STRING'])
  t.match(set.leftOut, [{ source: 'code', reason: /mapping.set/ }])
  t.match(neededOptions(set).mapping, { ignoreExtra: true })
  const numbered = await inferText('1,2,3\n4,5,6\n', { map: { b: '2' } })
  t.strictSame(typesOf(numbered), ['col0:INT', 'b:INT', 'col2:INT'])
  t.match(neededOptions(numbered).mapping.map, { col0: '1', col2: '3' })
  const nulls = await inferText('a,b\nNA,1\n2,3\n', { reader, map: { x: 'a', y: 'a' } })
  t.match(nulls.columns, [{ nulls: 1 }, { nulls: 1 }, { nulls: 0 }])
})

t.test('a given format is used', async t => {
  const given = (format: string, name = 'c') => ({ cells: { dateFormats: { [name]: format } } })
  t.equal(await typeOf(['20200102'], given('yyyyMMdd')), 'DATE')
  t.equal(await typeOf(['20200102'], given('yyyyMMdd', '*')), 'DATE')
  t.equal(await typeOf(['01/02/2020'], given('MM/dd/yyyy')), 'DATE')
  t.equal(await typeOf(['1577934000'], given('epoch:s')), 'DATETIME')
  t.equal(await typeOf(['1577934000000'], given('epoch:ms')), 'TIMESTAMP')
  t.equal(await typeOf(['1577934000000'], given('epoch:ms', '*')), 'LONG', 'any number is a count')
  const { warnings } = await columnOf(['1577934000', '1577934001'], given('epoch:ms'))
  t.match(warnings, [/first months of 1970.*epoch:s would be 2020-01-02/])
  const usual = await columnOf(['1577934000000'], given('epoch:ms'))
  t.strictSame(usual.warnings, [])
  t.equal(await typeOf(['43831'], given('excel')), 'DATE')
  t.equal(await typeOf(['093000'], given('HHmmss')), 'SECOND')
  t.equal(await typeOf(['202001'], given('yyyyMM')), 'MONTH')
  t.equal(await typeOf(['x'], given('yyyyMMdd')), 'STRING')
})

t.test('words for true and false, and signs, are read as in a load', async t => {
  const cells = { booleans: ['Y/N'], nullTexts: ['NA'], thousands: ',' }
  t.equal(await typeOf(['Y', 'N', 'NA'], { cells }), 'BOOL')
  t.equal(await typeOf(['1,234', '12', ' NA '], { cells: { ...cells } }), 'INT')
  t.equal(await typeOf(['1,234.5'], { cells }), 'DOUBLE')
  t.equal(await typeOf(['12.5%', '3 %'], { cells: { percentColumns: ['c'] } }), 'DOUBLE')
  t.equal(await typeOf(['1;2', '3'], { cells: { arrayDelimiter: ';' } }), 'INT[]')
  const { nulls } = await columnOf(['NA', '1', ''], { cells })
  t.equal(nulls, 2)
})

t.test('a decimal comma is found', async t => {
  const text = 'a;b\n1,5;007\n-2,25;008\n'
  const schema = await inferText(text)
  t.strictSame(typesOf(schema), ['a:DOUBLE', 'b:STRING'])
  t.strictSame(typesOf(await inferText('a;b\n1,5; \n-2,25; \n')), ['a:DOUBLE', 'b:SYMBOL'])
  t.equal(await readAs(schema, text), 2)
})

t.test('times with offsets get a warning', async t => {
  const texts = ['2020-01-02T09:30:00+08:00']
  t.match((await columnOf(texts)).warnings, [/times have offsets, which are not kept/])
  const zoned = await columnOf(texts, { cells: { timeZone: 'Asia/Shanghai' } })
  t.match(zoned, { type: { type: 'DATETIME' }, warnings: [] })
})

t.test('the kind of a JSON value matters', async t => {
  const lines = [
    { n: 1, s: '1', b: true, a: [1, 2], m: 1, t: ['x'], d: '2020.01.02', o: {}, e: [], f: [[1]] },
    { n: null, s: '2', b: false, a: [], m: 'x', t: [], d: null, o: {}, e: [null], f: [] },
  ]
  const schema = await inferText(lines.map(one => `${JSON.stringify(one)}\n`).join(''))
  t.strictSame(typesOf(schema), ['n:INT', 's:INT', 'b:BOOL', 'a:INT[]', 'm:STRING', 'd:DATE'])
  t.match(schema.leftOut, [
    { source: 't', reason: /arrays hold texts/ },
    { source: 'o', reason: /objects without members/ },
    { source: 'e', reason: /all empty/ },
    { source: 'f', reason: /arrays hold texts, arrays/ },
  ])
  const unfit = inferText('{"t":["x"]}\n', { set: { z: 'k' } })
  await t.rejects(unfit, { code: 'DDB_INPUT_COLUMN', message: /no member that a column takes/ })
  const truths = '{"a":"yes"}\n{"a":"no"}\n'
  const proposed = await inferText(truths, { proposesTruths: true })
  t.strictSame(typesOf(proposed), ['a:BOOL'])
  t.match(neededOptions(proposed).cells, { booleans: ['yes/no'] })
  t.equal(await readAs(proposed, truths), 2)
})

// A DFS table cuts longer texts in a STRING column (docs/server-semantics.md#conversions-on-insert).
t.test('texts that a DFS table would cut become BLOB; a stream table gets a warning', async t => {
  const [fits, long] = ['x'.repeat(65_535), 'é'.repeat(32_768)]
  t.equal(await typeOf([fits, 'y'], { intoDfs: true }), 'STRING')
  const stored = await columnOf([long, 'y'], { intoDfs: true })
  t.match(stored, { type: { type: 'BLOB' }, warnings: [/^a BLOB: .* 65535 bytes, .* 65536$/] })
  const inMemory = await columnOf([long, 'y'])
  t.match(inMemory, { type: { type: 'STRING' }, warnings: [/65536: take a BLOB there$/] })
  t.equal(await typeOf(['x'.repeat(262_143), 'y']), 'STRING')
  t.equal(await typeOf(['x'.repeat(262_144), 'y']), 'BLOB', 'longer than official clients send')
})

t.test('names are repaired as in loadText, and numbered if they would repeat', async t => {
  t.strictSame(proposeNames(['time', '日期', 'a b', '1x', '_x', undefined, '', '%']), [
    ...['time', '日期', 'a_b', 'c1x', 'c_x', 'col5', 'col6', 'col7'],
  ])
  t.strictSame(proposeNames(['a b', 'a_b', 'A_b', 'a-b']), ['a_b_2', 'a_b', 'A_b_3', 'a_b_4'])
  t.strictSame(proposeNames(['x', 'X', 'x']), ['x', 'X_2', 'x_3'])
  t.strictSame(proposeNames(['desc ', 'desc']), ['desc_2', 'desc'])
})

t.test('keywords of the language are not used as column names', async t => {
  t.strictSame(proposeNames(['DATE', 'TIME', 'SYMBOL', 'VALUE', 'time', 'Date', 'price']), [
    ...['date_2', 'time_2', 'symbol', 'value', 'time', 'Date', 'price'],
  ])
  t.strictSame(proposeNames(['pi', 'e', 'for', 'DEF', 'NULL', 'E', 'LIST']), [
    ...['pi_', 'e_', 'for_', 'def_', 'null_', 'E', 'list'],
  ])
})

t.test('for any header, all names are valid in a script and different', async () => {
  forAll(300)(fc.array(fc.option(fc.string({ unit: 'binary' }), { nil: undefined })), names => {
    const proposed = proposeNames(names)
    assert.equal(proposed.length, names.length)
    assert.ok(proposed.every(name => isIdentifier(name) && !isReservedWord(name)))
    assert.equal(new Set(proposed.map(name => name.toLowerCase())).size, names.length)
  })
})

const bytesOf = (text: string): Uint8Array => new TextEncoder().encode(text)

t.test('a hundred thousand similar texts are distinguished, up to the limit', async t => {
  const [whole, limited] = [new DistinctCount(100_000), new DistinctCount(99_999)]
  for (let i = 0; i < 100_000; i++) {
    const bytes = bytesOf(`.A${i}.`)
    for (const isNew of [true, false]) {
      assert.equal(whole.add(bytes, 1, bytes.length - 1), isNew)
      assert.equal(limited.add(bytes, 1, bytes.length - 1), isNew)
    }
    // Its last text exceeds the limit, and from then on nothing is new.
    if (i === 99_998) t.equal(limited.count, 99_999)
  }
  t.equal(whole.count, 100_000)
  t.equal(limited.count, undefined)
})

// Which members of records become columns.

t.test('objects inside records become members of members; empty objects are omitted', async t => {
  const schema = await inferText('{"a":{"b":{"c":1}},"d":{},"e.f":2}\n{"a":{"b":null}}\n')
  t.strictSame(typesOf(schema), ['a_b_c:INT', 'e_f:INT'])
  t.match(schema, { leftOut: [{ source: 'd' }], needsAllowMissing: true })
  // Null instead of an object does not count as a missing member.
  const isNull = await inferText('{"a":null}\n{"a":{"b":1}}\n')
  t.match(isNull, { needsAllowMissing: false, columns: [{ name: 'a_b', nulls: 1 }] })
})

t.test('a member that first occurs in a late block counts nulls before it', async t => {
  const early = '{"a":1}\n'.repeat(5000)
  const schema = await inferText(`${early}{"a":2,"late":"x"}\n`)
  t.match(schema.columns, [{ nulls: 0 }, { name: 'late', nulls: 5000 }])
  t.equal(schema.needsAllowMissing, true)
})

deepTest(t, 'too many different keys (data instead of names) end the search', async t => {
  const members = Array.from({ length: 5000 }, (_, i) => `"k${i}":1`)
  await t.rejects(inferText(`{${members.join(',')}}\n`), { code: 'DDB_INPUT_MEMBER' })
})
