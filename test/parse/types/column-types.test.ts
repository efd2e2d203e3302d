/* Columns of each type: accepted and refused texts, and null. */
import t from 'tap'
import { ColumnOffsets, type CellRules } from '../../../src/parse/cell-rules.js'
import { openReader } from '../../../src/parse/formats.js'
import { blobsOf, type EncodedBlobVector } from '../../../src/protocol/types/blobs.js'
import { batchesFrom, memorySource, read, type ReadResult } from '../reading.js'
import { cells } from '../../helpers/values.js'

// Every column type in a whole input: a text with its value in DolphinDB's own spelling, and texts that it refuses. The tests in cells/
// try all spellings.

const accepted: readonly (readonly [type: string, text: string, value: string])[] = [
  ['BOOL', ' True ', 'true'],
  ['BOOL', '0', 'false'],
  ['CHAR', 'a', "'a'"],
  ['CHAR', "' '", "' '"],
  ['CHAR', '-127', '-127'],
  ['SHORT', '1200e-2', '12'],
  ['INT', '-2147483647', '-2147483647'],
  ['LONG', '9.223372036854775807E18', '9223372036854775807'],
  ['DOUBLE', '123456789012345678', '123456789012345680'],
  ['FLOAT', '-16777219', '-16777220'],
  ['DATE', '0001/01/01', '0001.01.01'],
  ['DATE', '20120613T000000Z', '2012.06.13'],
  ['MONTH', '1969-12', '1969.12M'],
  ['TIME', '13:30:10.5', '13:30:10.500'],
  ['MINUTE', '13:30', '13:30m'],
  ['SECOND', '13:30:10.000', '13:30:10'],
  ['DATETIME', '1901.12.13T20:45:53', '1901.12.13T20:45:53'],
  ['TIMESTAMP', '2012-06-13 13:30:10 UTC', '2012.06.13T13:30:10.000'],
  ['TIMESTAMP', '"2012-06-13T13:30:10,008"', '2012.06.13T13:30:10.008'],
  ['TIMESTAMP', '1969-12-31T23:59:59.999', '1969.12.31T23:59:59.999'],
  ['NANOTIME', '13:30:10.008007006', '13:30:10.008007006'],
  ['NANOTIMESTAMP', '1677-09-21T00:12:43.145224193', '1677.09.21T00:12:43.145224193'],
  ['DATEHOUR', '2012-06-13T07:00:00', '2012.06.13T07'],
  ['DATEMINUTE', '2012.06.13T13:30', '2012.06.13T13:30'],
  ['SYMBOL', ' 上海 ', ' 上海 '],
  ['STRING', '"a, ""b"""', 'a, "b"'],
  ['STRING', 'x'.repeat(300), 'x'.repeat(300)],
  ['STRING', ' ', ' '],
  ['UUID', '5D212A78-CC48-E3B1-4235-B4D91473EE87', '5d212a78-cc48-e3b1-4235-b4d91473ee87'],
  ['INT128', 'e1671797c52e15f763380b45e841ec32', 'e1671797c52e15f763380b45e841ec32'],
  ['IPADDR', '192.168.1.13', '192.168.1.13'],
  ['IPADDR', '2001:0DB8:0:0:0:0:0:1', '2001:db8::1'],
  ['COMPLEX', '-1e3-2.5i', '-1000-2.5i'],
  ['POINT', '"(1.5, -2.5)"', '(1.5, -2.5)'],
  ['DURATION', '1XNYS', '1XNYS'],
  ['DECIMAL32(2)', '-0.01', '-0.01'],
  ['DECIMAL64(4)', '922337203685477.5807', '922337203685477.5807'],
  ['DECIMAL128(10)', '-1.5', '-1.5000000000'],
  ['INT[]', '"[1, 2,,3]"', '[1,2,,3]'],
  ['INT[]', '[]', '[]'],
  ['DECIMAL64(2)[]', '"1.5,2"', '[1.50,2.00]'],
  ['TIMESTAMP[]', '2012.06.13', '[2012.06.13T00:00:00.000]'],
]

const refused: readonly (readonly [type: string, noValue: string, outOfRange?: string])[] = [
  ['BOOL', 'yes'],
  ['CHAR', 'ab', '128'],
  ['SHORT', '1.5', '32768'],
  ['INT', '"2,131"', '-2147483648'],
  ['INT', ' '],
  ['LONG', '--1', '9223372036854775808'],
  ['DOUBLE', '0x10', 'NaN'],
  ['FLOAT', 'x', '1e39'],
  ['DATE', '1900-02-29', '2012-06-13T00:00:01'],
  ['MONTH', '2012.13M'],
  ['TIME', '24:00:00', '13:30:10.0081'],
  ['MINUTE', '13:30:00'],
  ['SECOND', '13:30:60', '13:30:10.5'],
  ['DATETIME', '2012.06.13X13:30:10', '2038.01.19T03:14:08'],
  ['TIMESTAMP', '1577957400032', '2012.06.13T13:30:10.0081'],
  ['NANOTIME', 'x', '13:30:10.0000000001'],
  ['NANOTIMESTAMP', 'x', '9999-01-01'],
  ['DATEHOUR', '2012.06.13', '2012.06.13T13:30'],
  ['DATEMINUTE', 'x', '2012.06.13T13:30:05'],
  ['UUID', '5d212a78-cc48-e3b1-4235-b4d91473ee8', '00000000-0000-0000-0000-000000000000'],
  ['INT128', 'e1671797c52e15f763380b45e841ec3', '0'.repeat(32)],
  ['IPADDR', '192.168.1.256', '::'],
  ['COMPLEX', '2.3'],
  ['POINT', '1.5'],
  ['DURATION', '3q', '99999999999s'],
  ['DECIMAL32(2)', 'abc', '3.141'],
  ['DECIMAL64(4)', '-', '922337203685477.5808'],
  ['DECIMAL128(10)', '-', '99999999999999999999999999999.9'],
  ['INT[]', '"1,x,3"', '"1,2147483648"'],
]

t.test('a column accepts texts of its type, and an empty text as null', async t => {
  for (const [type, text, value] of accepted) {
    const options = { header: 'no', batch: { cells: { timeZone: 'none' } } } as const
    const { rows, rejects } = await read(`${text},1\n,1\n`, `c:${type},n:INT`, options)
    t.strictSame(rejects, [], type)
    const found = rows.map(row => row[0])
    t.strictSame(found, [value, type.endsWith('[]') ? '[]' : ''], type)
  }
})

t.test('a column refuses other texts', async t => {
  for (const [type, ...texts] of refused) {
    const options = { header: 'no', match: 'position', ignoreExtra: true } as const
    const lines = texts.map(text => `${text},1\n`).join('')
    const { rejects } = await read(lines, `c:${type},n:INT`, options)
    const codes = ['DDB_INPUT_CELL', 'DDB_INPUT_RANGE'].slice(0, texts.length)
    const expected = codes.map(code => ({ code, columnName: 'c', class: 'type' }))
    t.match(rejects, expected, type)
    t.equal(rejects.length, texts.length, type)
  }
})

t.test('types without a text form are refused before anything is read', async t => {
  for (const type of ['ANY', 'VOID', 'FUNCTIONDEF', 'STRING[]', 'SYMBOL[]']) {
    await t.rejects(read('1\n', `c:${type}`), { code: 'DDB_USAGE' }, type)
  }
})

t.test('BLOB accepts any bytes of a cell unchanged', async t => {
  const text = Buffer.concat([
    Buffer.from('x,'),
    Uint8Array.of(0x61, 0xff, 0),
    Buffer.from('\n"a""b",\n'),
  ])
  const reader = await openReader(memorySource(text), { header: 'no' })
  const { value } = await batchesFrom(reader, 'x:BLOB,y:BLOB').next()
  const [x, y] = value!.columns.map(column =>
    blobsOf(column as EncodedBlobVector).map(value => [...value]),
  )
  t.strictSame(x, [[0x78], [...Buffer.from('a"b')]])
  t.strictSame(y, [[0x61, 0xff, 0], []])
})

t.test('a refusal gives the expected form and the text', async t => {
  const messages = async (type: string, text: string): Promise<string | undefined> => {
    const { rejects } = await read(`${text},1\n`, `day:${type},n:INT`, { header: 'no' })
    return rejects[0]?.message
  }
  t.equal(
    await messages('DATE', '02/01/2024'),
    'DATE column "day": expected a date such as 2024-01-31 (or `cells.dateFormats` day=dd/MM/yyyy or `cells.dateFormats` day=MM/dd/yyyy), got "02/01/2024"',
  )
  t.match(await messages('DOUBLE', 'NaN'), /finite.*`cells.nullTexts`.*got "NaN"/)
  t.match(await messages('INT[]', '"1,x"'), /expected element 2 to be a whole number/)
  t.match(await messages('INT', 'x'.repeat(500)), /got "x{80}…"$/)
  t.match(await messages('DECIMAL32(2)', '1.001'), /at most 2 digits after the point, got "1.001"/)
})

t.test('text must be UTF-8 without U+0000', async t => {
  const bad = [
    [0xff],
    [0xc0, 0x80],
    [0xed, 0xa0, 0x80],
    [0xf4, 0x90, 0x80, 0x80],
    [0xe4, 0xb8],
    [0x80],
  ]
  for (const type of ['STRING', 'SYMBOL']) {
    for (const bytes of bad) {
      const { rejects } = await read(
        Uint8Array.from([...bytes, 0x2c, 0x31, 10]),
        `s:${type},n:INT`,
        { header: 'no' },
      )
      const expected = [{ code: 'DDB_INPUT_ENCODING', class: 'parse', columnName: 's' }]
      t.match(rejects, expected, `${type} ${bytes}`)
    }
    const { rejects } = await read('b\0c,1\n', `s:${type},n:INT`, { header: 'no' })
    t.match(rejects, [{ code: 'DDB_STRING_HAS_NUL', class: 'type', columnName: 's' }])
  }
  const { rejects } = await read(Uint8Array.of(0xff, 0x2c, 0x31, 10), 'a:INT,n:INT', {
    header: 'no',
  })
  t.match(rejects, [{ code: 'DDB_INPUT_ENCODING', columnName: 'a' }])
})

// Number styles, and words for true and false, in complete inputs.

const load = (text: string, types: string, cells: CellRules, name = 'x.csv'): Promise<ReadResult> =>
  read(text, types, { name, delimiter: ';', batch: { cells } })

const german = { thousands: '.', decimalComma: true }

t.test('a style applies to numbers of all types', async t => {
  const types = 'a:INT,b:LONG,c:DOUBLE,d:FLOAT,e:DECIMAL64(2),f:SHORT'
  const { rows, rejects } = await load(
    'a;b;c;d;e;f\n1.234;9.223.372.036.854.775.807;1,5;-0,25;1.234,50;1.000\n;;;;;\n1.5;1;1;1;1;1\n',
    types,
    german,
  )
  t.strictSame(rows, cells('1234,9223372036854775807,1.5,-0.25,1234.50,1000', ',,,,,'))
  t.match(rejects, [{ code: 'DDB_INPUT_CELL', columnName: 'a', value: '1.5', message: /1\.234,5/ }])
})

t.test('a constant is written plainly, for any style of the input', async t => {
  const options = { delimiter: ';', set: { b: '1.5' }, batch: { cells: german } }
  t.strictSame((await read('a\n1,5\n', 'a:DOUBLE,b:DOUBLE', options)).rows, [['1.5', '1.5']])
})

t.test('percentages are hundredths, and exact', async t => {
  const { rows, rejects } = await load(
    'p;q;n\n12.5%;0.1 %;7\n-100%;250%;7\n12.5;1%;7\n',
    'p:DECIMAL32(4),q:DOUBLE,n:INT',
    { percentColumns: ['p', 'q'] },
  )
  t.strictSame(rows, cells('0.1250,0.001,7', '-1.0000,2.5,7'))
  t.match(rejects, [{ code: 'DDB_INPUT_CELL', columnName: 'p' }])
})

t.test('words for true and false extend those of the type', async t => {
  const cells = { booleans: ['Y/N', 'ja/'] }
  const { rows, rejects } = await load('b\nY\nja\nN\ntrue\n0\ny\n', 'b:BOOL', cells)
  t.strictSame(rows, [['true'], ['true'], ['false'], ['true'], ['false']])
  t.match(rejects, [{ columnName: 'b', message: /"Y", "ja", "N"/ }])
})

t.test('with tolerated cells, a number in a different style is null and counted', async t => {
  const { rows, reader } = await load('a\n1,5\nx\n1.5\n', 'a:DOUBLE', { ...german, lenient: true })
  t.strictSame(rows, [['1.5'], [''], ['']])
  t.strictSame(reader.columnCounts, [{ nulls: 2, coerced: 2 }])
})

t.test('in JSON the style applies to texts; numbers and their arrays are plain JSON', async t => {
  const { rows } = await load(
    '{"a":1.5,"b":"1.234,5","c":[1.5,2]}\n{"a":"2,5","b":1e3,"c":null}\n',
    'a:DOUBLE,b:DOUBLE,c:DOUBLE[]',
    german,
    'x.ndjson',
  )
  t.strictSame(rows, [
    ['1.5', '1234.5', '[1.5,2]'],
    ['2.5', '1000', '[]'],
  ])
  const shares = await load(
    '{"p":"12%"}\n{"p":0.5}\n{"x":1}\n{"p":"1%"}\n',
    'p:DOUBLE',
    { percentColumns: ['p'] },
    'x.ndjson',
  )
  t.strictSame(shares.rows, [['0.12'], ['0.5'], ['0.01']])
})

t.test('arrays need a delimiter that the number style does not use', async t => {
  const types = 'a:DOUBLE[]'
  await t.rejects(load('a\n1,5\n', types, { decimalComma: true }), { code: 'DDB_USAGE' })
  const cells = { ...german, arrayDelimiter: '|' }
  t.strictSame((await load('a\n1,5|1.234\n', types, cells)).rows, [['[1.5,1234]']])
  await t.rejects(load('a\n1\n', types, { thousands: '|', arrayDelimiter: '|' }), {
    code: 'DDB_USAGE',
  })
})

t.test('the style also applies to counts and day numbers', async t => {
  const cells = { ...german, dateFormats: { d: 'excel', t: 'epoch:s' } }
  const { rows } = await load('d;t\n45.325,5;1.577.957.400,032\n', 'd:DATETIME,t:TIMESTAMP', cells)
  t.strictSame(rows, [['2024.02.03T12:00:00', '2020.01.02T09:30:00.032']])
})

t.test('options that fit no column are refused before anything is read', async t => {
  for (const cells of [
    { percentColumns: ['s'] },
    { percentColumns: ['x'] },
    { thousands: '.' },
    { booleans: ['a/a'] },
    { timeZone: 'Mars/Olympus' },
    { dateFormats: { '*': 'dd/MM/yyyy' } },
    { dateFormats: { '*': 'ddd' } },
  ]) {
    const loading = load('s;n;b\nx;1;1\n', 's:STRING,n:INT,b:BOOL', cells)
    await t.rejects(loading, { code: 'DDB_USAGE' }, JSON.stringify(cells))
  }
})

t.test('one format and one zone apply to all columns that they fit', async t => {
  const cells = { dateFormats: { '*': 'MM/dd/yyyy', t: 'hh:mm aa' }, timeZone: 'Asia/Shanghai' }
  const { rows } = await load(
    'd;s;t;u\n02/03/2024;02/03/2024;01:30 PM;07:00:00\n',
    'd:DATE,s:TIMESTAMP,t:MINUTE,u:SECOND',
    cells,
  )
  t.strictSame(rows, [['2024.02.03', '2024.02.03T00:00:00.000', '13:30m', '07:00:00']])
})

t.test('without a zone, all times of a column have the offset of the first, or none', async t => {
  const day = '2024-01-01'
  const types = ['TIMESTAMP', 'NANOTIMESTAMP', 'DATETIME', 'DATEHOUR', 'DATE']
  const midnight = `${day}T00:00:00`
  const groups = [
    [midnight, `${day} 00:00:00`, `${day.replaceAll('-', '')}T000000`],
    [`${midnight}Z`, `${midnight}z`, `${midnight}+00:00`, `${midnight} UTC`, `${midnight}-0000`],
    [`${midnight}+08:00`, `${midnight} +08`, `${midnight}+0800`],
    [`${midnight}-05:00`],
  ]
  for (const type of types) {
    for (const [own, texts] of groups.entries()) {
      const others = groups.filter((_, i) => i !== own).flat()
      // Nulls and days have no offset, wherever they are in the column.
      const fits = [day, '', ...texts, '', day, ...texts]
      const lines = [...fits, ...others, ...fits].map(text => `${text};1`)
      const { rows, rejects } = await load(`c;n\n${lines.join('\n')}\n`, `c:${type},n:INT`, {})
      const what = `${type} ${texts[0]}`
      if (type === 'DATEHOUR') {
        t.equal(rejects.length, others.length + 4, 'a day is not a hour')
        continue
      }
      t.equal(rows.length, 2 * fits.length, what)
      const foundValues = rejects.map(({ value }) => value)
      t.strictSame(foundValues, others, what)
      const expected = own === 0 ? /with no offset like/ : /with the offset [+-]0\d:00 like/
      t.match(rejects[0]?.message, expected)
    }
  }
})

t.test('times of day and elements of arrays have offsets, too', async t => {
  const { rows, rejects } = await load(
    'a;b\n10:00:00+08;\n10:00:00.5;\n;2024-01-01T00:00:00Z,2024-01-02\n;"2024-01-01T00:00:00Z,2024-01-01T00:00:00"\n',
    'a:TIME,b:TIMESTAMP[]',
    { arrayDelimiter: ',' },
  )
  t.equal(rows.length, 2)
  t.match(rejects, [
    { columnName: 'a', message: /with the offset \+08:00/ },
    { columnName: 'b', message: /element 2 to be a time with the offset \+00:00/ },
  ])
})

t.test('offsets that a run found or got are valid for later readers', async t => {
  const columnOffsets = new ColumnOffsets({ b: 'none' })
  const text = 'a;b\n2024-01-01T00:00:00+08:00;2024-01-01T00:00:00\n'
  const other = 'a;b\n2024-01-01T00:00:00Z;2024-01-01T00:00:00\n;2024-01-01T00:00:00Z\n'
  const types = 'a:DATETIME,b:TIMESTAMP'
  t.equal((await load(text, types, { columnOffsets })).rows.length, 1)
  t.strictSame(columnOffsets.known, { a: '+08:00', b: 'none' })
  const expected = [{ columnName: 'a' }, { columnName: 'b' }]
  t.match((await load(other, types, { columnOffsets })).rejects, expected)
  t.strictSame(columnOffsets.known, { a: '+08:00', b: 'none' })
})

t.test('an ignored offset is reported once per column', async t => {
  const told: string[] = []
  const cells = { timeZone: 'none', onOffset: (name: string) => void told.push(name) }
  const text = 'a;b;c\n2024-01-01T00:00:00+08:00;2024-01-01T00:00:00Z;10:00:00-05\n'.concat(
    '2024-01-01T00:00:00+09:00;2024-01-01T00:00:00Z;10:00:00\n',
  )
  await load(text, 'a:TIMESTAMP,b:TIMESTAMP,c:TIME', cells)
  t.strictSame(told, ['a', 'c'])
  told.length = 0
  const converted = await load(text, 'a:TIMESTAMP,b:TIMESTAMP,c:TIME', {
    ...cells,
    timeZone: 'UTC',
  })
  t.strictSame(told, [])
  t.match(converted.rejects, [{ columnName: 'c', message: /without a date/ }])
  t.strictSame(converted.rows, [
    ['2023.12.31T15:00:00.000', '2024.01.01T00:00:00.000', '10:00:00.000'],
  ])
})

// An empty cell is null in every type, whatever bytes follow it. They may be a text that means null, the next row
// (numbers with a style are rewritten before they are read), or a delimiter of elements.

const types = [
  ...['BOOL', 'CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE'],
  ...['DATE', 'MONTH', 'TIME', 'MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP', 'NANOTIME'],
  ...['NANOTIMESTAMP', 'DATEHOUR', 'UUID', 'IPADDR', 'INT128', 'COMPLEX', 'POINT'],
  ...['DECIMAL32(2)', 'DECIMAL64(4)', 'DECIMAL128(10)', 'STRING', 'SYMBOL', 'BLOB'],
]
const nullTexts = ['-', '+', '-1', '+1', '-999', '1', '0', '[', '(', '.', "'", '']

/** The values of column `c`. Its cells are in the given order. */
async function values(
  type: string,
  cells: readonly string[],
  rules: Parameters<typeof read>[2] = {},
): Promise<(string | undefined)[]> {
  const lines = cells.map(cell => `0;${cell}\n`).join('')
  const { rows, rejects } = await read(`n;c\n${lines}`, `n:INT,c:${type}`, {
    header: 'yes',
    delimiter: ';',
    ...rules,
  })
  t.strictSame(rejects, [], type)
  return rows.map(([, value]) => value)
}

const nothing = nullTexts.map(() => '')

t.test('texts that mean null', async t => {
  for (const type of types) {
    const found = await values(type, nullTexts, { batch: { cells: { nullTexts } } })
    t.strictSame(found, nothing, type)
  }
})

t.test('counts since 1970 with a null text', async t => {
  for (const type of ['TIMESTAMP', 'NANOTIMESTAMP']) {
    for (const unit of ['s', 'ms', 'us', 'ns']) {
      const cells = { nullTexts, dateFormats: { c: `epoch:${unit}` } }
      t.strictSame(await values(type, nullTexts, { batch: { cells } }), nothing, `${type} ${unit}`)
    }
  }
})

t.test('null texts before a row with a sign, for numbers with a style', async t => {
  const numbers = ['SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE', 'DECIMAL32(0)', 'DECIMAL64(0)']
  for (const type of [...numbers, 'DECIMAL128(0)']) {
    for (const cells of [{ decimalComma: true }, { thousands: ' ' }]) {
      const found = await values(type, ['', '-5', '', '+7', ''], { batch: { cells } })
      t.strictSame(found, ['', '-5', '', '7', ''], type)
    }
  }
  const cells = { thousands: ',', dateFormats: { c: 'epoch:s' } }
  const expected = ['', '1969.12.31T23:59:59.000']
  t.strictSame(await values('TIMESTAMP', ['', '-1'], { batch: { cells } }), expected)
})

t.test('empty elements of arrays with a sign as the delimiter', async t => {
  for (const type of ['INT[]', 'LONG[]', 'DOUBLE[]', 'DECIMAL64(0)[]']) {
    const found = await values(type, ['1--2', '--', '3-'], {
      batch: { cells: { arrayDelimiter: '-' } },
    })
    t.strictSame(found, ['[1,,2]', '[,,]', '[3,]'], type)
  }
})
