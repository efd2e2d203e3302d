/*
  Numbers in a style and words for truths, through whole inputs.
*/
import { ColumnOffsets } from '../../../src/parse/cells/column-offset.js'
import t from 'tap'
import type { CellRules } from '../../../src/parse/cell-rules.js'
import { read, type ReadResult } from '../reading.js'

const load = (text: string, types: string, cells: CellRules, name = 'x.csv'): Promise<ReadResult> =>
  read(text, types, { name, delimiter: ';', batch: { cells } })

const german = { thousands: '.', decimalComma: true }

t.test('a style is that of all numbers, whatever their type', async t => {
  const types = 'a:INT,b:LONG,c:DOUBLE,d:FLOAT,e:DECIMAL64(2),f:SHORT'
  const { rows, rejects } = await load(
    'a;b;c;d;e;f\n1.234;9.223.372.036.854.775.807;1,5;-0,25;1.234,50;1.000\n;;;;;\n1.5;1;1;1;1;1\n',
    types,
    german,
  )
  t.strictSame(rows, [
    ['1234', '9223372036854775807', '1.5', '-0.25', '1234.50', '1000'],
    ['', '', '', '', '', ''],
  ])
  t.match(rejects, [{ code: 'DDB_INPUT_CELL', columnName: 'a', value: '1.5', message: /1\.234,5/ }])
})

t.test('a text for every row is plain, whatever the style of the input', async t => {
  const options = { delimiter: ';', set: { b: '1.5' }, batch: { cells: german } }
  t.strictSame((await read('a\n1,5\n', 'a:DOUBLE,b:DOUBLE', options)).rows, [['1.5', '1.5']])
})

t.test('shares are a hundredth, and exact', async t => {
  const { rows, rejects } = await load(
    'p;q;n\n12.5%;0.1 %;7\n-100%;250%;7\n12.5;1%;7\n',
    'p:DECIMAL32(4),q:DOUBLE,n:INT',
    { percentColumns: ['p', 'q'] },
  )
  t.strictSame(rows, [
    ['0.1250', '0.001', '7'],
    ['-1.0000', '2.5', '7'],
  ])
  t.match(rejects, [{ code: 'DDB_INPUT_CELL', columnName: 'p' }])
})

t.test('words for truths stand beside those of the type', async t => {
  const cells = { trueTexts: ['Y', 'ja'], falseTexts: ['N'] }
  const { rows, rejects } = await load('b\nY\nja\nN\ntrue\n0\ny\n', 'b:BOOL', cells)
  t.strictSame(rows, [['true'], ['true'], ['false'], ['true'], ['false']])
  t.match(rejects, [{ columnName: 'b', message: /"Y", "ja", "N"/ }])
})

t.test('with bad cells let pass, what does not keep to the style is null and counted', async t => {
  const { rows, reader } = await load('a\n1,5\nx\n1.5\n', 'a:DOUBLE', { ...german, lenient: true })
  t.strictSame(rows, [['1.5'], [''], ['']])
  t.strictSame(reader.columnCounts, [{ nulls: 2, coerced: 2 }])
})

t.test(
  'in JSON the style is that of texts; numbers and their arrays are those of JSON',
  async t => {
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
  },
)

t.test('arrays of such numbers need another delimiter', async t => {
  const types = 'a:DOUBLE[]'
  await t.rejects(load('a\n1,5\n', types, { decimalComma: true }), { code: 'DDB_USAGE' })
  const cells = { ...german, arrayDelimiter: '|' }
  t.strictSame((await load('a\n1,5|1.234\n', types, cells)).rows, [['[1.5,1234]']])
  await t.rejects(load('a\n1\n', types, { thousands: '|', arrayDelimiter: '|' }), {
    code: 'DDB_USAGE',
  })
})

t.test('counts and day numbers are numbers, too', async t => {
  const cells = { ...german, dateFormats: { d: 'excel', t: 'epoch:s' } }
  const { rows } = await load('d;t\n45.325,5;1.577.957.400,032\n', 'd:DATETIME,t:TIMESTAMP', cells)
  t.strictSame(rows, [['2024.02.03T12:00:00', '2020.01.02T09:30:00.032']])
})

t.test(
  'what does not suit a column, or is not there, is refused before anything is read',
  async t => {
    for (const cells of [
      { percentColumns: ['s'] },
      { percentColumns: ['x'] },
      { thousands: '.' },
      { trueTexts: ['a'], falseTexts: ['a'] },
      { timeZone: 'Mars/Olympus' },
      { dateFormats: { '*': 'dd/MM/yyyy' } },
      { dateFormats: { '*': 'ddd' } },
    ]) {
      await t.rejects(
        load('s;n;b\nx;1;1\n', 's:STRING,n:INT,b:BOOL', cells),
        { code: 'DDB_USAGE' },
        JSON.stringify(cells),
      )
    }
  },
)

t.test('one format and one zone for all columns that they suit', async t => {
  const cells = { dateFormats: { '*': 'MM/dd/yyyy', t: 'hh:mm aa' }, timeZone: 'Asia/Shanghai' }
  const { rows } = await load(
    'd;s;t;u\n02/03/2024;02/03/2024;01:30 PM;07:00:00\n',
    'd:DATE,s:TIMESTAMP,t:MINUTE,u:SECOND',
    cells,
  )
  t.strictSame(rows, [['2024.02.03', '2024.02.03T00:00:00.000', '13:30m', '07:00:00']])
})

t.test(
  'without a zone all times of a column have the offset of the first one, or none',
  async t => {
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
        // Neither a null nor a day has an offset, wherever it stands.
        const fits = [day, '', ...texts, '', day, ...texts]
        const lines = [...fits, ...others, ...fits].map(text => `${text};1`)
        const { rows, rejects } = await load(`c;n\n${lines.join('\n')}\n`, `c:${type},n:INT`, {})
        const what = `${type} ${texts[0]}`
        if (type === 'DATEHOUR') {
          t.equal(rejects.length, others.length + 4, 'a day is no hour')
          continue
        }
        t.equal(rows.length, 2 * fits.length, what)
        t.strictSame(
          rejects.map(({ value }) => value),
          others,
          what,
        )
        t.match(
          rejects[0]?.message,
          own === 0 ? /with no offset like/ : /with the offset [+-]0\d:00 like/,
        )
      }
    }
  },
)

t.test('times of day have offsets, too, and so have the elements of arrays', async t => {
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

t.test('what readers of a run have found out, and what was said, holds for later ones', async t => {
  const columnOffsets = new ColumnOffsets({ b: 'none' })
  const text = 'a;b\n2024-01-01T00:00:00+08:00;2024-01-01T00:00:00\n'
  const other = 'a;b\n2024-01-01T00:00:00Z;2024-01-01T00:00:00\n;2024-01-01T00:00:00Z\n'
  const types = 'a:DATETIME,b:TIMESTAMP'
  t.equal((await load(text, types, { columnOffsets })).rows.length, 1)
  t.strictSame(columnOffsets.known(), { a: '+08:00', b: 'none' })
  t.match((await load(other, types, { columnOffsets })).rejects, [
    { columnName: 'a' },
    { columnName: 'b' },
  ])
  t.strictSame(columnOffsets.known(), { a: '+08:00', b: 'none' })
})

t.test('an offset that is left out is told once for its column', async t => {
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
