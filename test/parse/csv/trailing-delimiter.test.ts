/*
  A field more than the header has: what stands behind a last delimiter, a name of the record, or not to be told.
*/
import t from 'tap'
import { SampleRecords } from '../../../src/parse/csv/sample-records.js'
import { checkTrailingDelimiter } from '../../../src/parse/csv/trailing-delimiter.js'
import { openReader } from '../../../src/parse/open-reader.js'
import type { MappingRules } from '../../../src/schema/column-mapping.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { memorySource, read } from '../reading.js'

function isUnclear(text: string, types: string | undefined, mapping: MappingRules = {}): boolean {
  const dialect = { delimiter: ',', quote: '"', escape: '"', comment: '', trim: false }
  const records = new SampleRecords(Buffer.from(text), 0, true, dialect)
  const target =
    types === undefined ? undefined : { schema: schemaFromTypes(types), mapping, cells: {} }
  const names = text.slice(0, text.indexOf('\n')).split(',')
  try {
    checkTrailingDelimiter({ file: 'a.csv', names, records, target })
    return false
  } catch (error) {
    t.match(error, {
      code: 'DDB_USAGE',
      exitCode: 64,
      message: /a\.csv .*`input\.trailingDelimiter`.*`input\.rowNames`/,
    })
    return true
  }
}

t.test('where both readings fit nothing is decided', async t => {
  for (const [text, types, expected] of [
    ['price,venue\n1,63.5,\n', 'price:DOUBLE,venue:SYMBOL', true],
    ['price,venue\n1,63.5,\n2,64,\n', 'price:DOUBLE,venue:SYMBOL', true],
    ['price,venue\n"1","63.5",\n', 'price:DOUBLE,venue:SYMBOL', true],
    ['price,size\n1,63.5,\n', undefined, true],
    // What comes twice is no name.
    ['price,venue\n1,63.5,\n1,64,\n', 'price:DOUBLE,venue:SYMBOL', false],
    ['price,venue\n1,63.5,\n,64,\n', 'price:DOUBLE,venue:SYMBOL', false],
    ['price,size\n1,63.5,\n1,2,\n', undefined, false],
    // Of the types only one reading fits, or none.
    ['sym,price\nIBM,63.5,\n', 'sym:SYMBOL,price:DOUBLE', true],
    ['time,sym\n09:30:00,IBM,\n', 'time:SECOND,sym:SYMBOL', false],
    ['venue,price\n1,X,\n', 'venue:SYMBOL,price:INT', false],
    ['price,venue\nr1,63.5,\n', 'price:DOUBLE,venue:SYMBOL', false],
    ['price,size\nx,y,\n', 'price:DOUBLE,size:INT', false],
    // All records have as many fields as the header.
    ['price,venue\n1,63.5\n', 'price:DOUBLE,venue:SYMBOL', false],
  ] as const) {
    t.equal(isUnclear(text, types), expected, `${JSON.stringify(text)} ${types}`)
  }
})

t.test('names and positions are those of the header', async t => {
  const text = 'a,b\n1,63.5,\n'
  t.ok(isUnclear(text, 'x:DOUBLE,y:SYMBOL', { match: 'position' }))
  t.ok(isUnclear(text, 'x:DOUBLE,y:SYMBOL', { map: { x: 'a', y: 'b' } }))
  t.notOk(isUnclear(text, 'x:SYMBOL,y:DOUBLE,z:INT', { map: { x: 'a', y: 'b' } }))
})

t.test('both options read what is not clear, each in its way', async t => {
  const types = 'price:DOUBLE,venue:SYMBOL'
  const text = 'price,venue\n1,63.5,\n2,64.5,\n'
  const target = { schema: schemaFromTypes(types), mapping: {}, cells: {} }
  await t.rejects(openReader(memorySource(text), { target }), { code: 'DDB_USAGE' })
  const trailing = await read(text, types, { target, trailingDelimiter: true })
  t.strictSame(trailing.rows, [
    ['1', '63.5'],
    ['2', '64.5'],
  ])
  const named = await read(text, types, { target, rowNames: true })
  t.strictSame(named.rows, [
    ['63.5', ''],
    ['64.5', ''],
  ])
  t.strictSame(named.reader.fieldNames, ['', 'price', 'venue'])
  t.match(named.reader.dialect, { trailingDelimiter: { value: false } })
  const neither = await read(text, types, { target, trailingDelimiter: false })
  t.strictSame(
    neither.rejects.map(({ code }) => code),
    ['DDB_INPUT_FIELD_COUNT', 'DDB_INPUT_FIELD_COUNT'],
  )
})

t.test('the first record may have the delimiter at its end, too', async t => {
  const types = 'price:DOUBLE,venue:SYMBOL'
  const rows = [
    ['1', '63.5'],
    ['2', ''],
  ]
  const records = '1,63.5,\n2,,\n'
  for (const quote of ['"', '::']) {
    const given = { trailingDelimiter: true, quote, delimiter: ',' } as const
    const target = { schema: schemaFromTypes(types), mapping: {}, cells: {} }
    const named = await read(`price,venue,\n${records}`, types, { ...given, target })
    t.strictSame(named.rows, rows)
    t.strictSame(named.reader.fieldNames, ['price', 'venue'])
    t.strictSame((await read(records, types, { ...given, header: 'no' })).rows, rows)
    t.strictSame((await read(records, types, { ...given, target })).rows, rows)
    const last = await read('1,2,\n3,4\n5,6,7\n', 'a:INT,b:INT', { ...given, header: 'no' })
    t.strictSame(last.rows, [
      ['1', '2'],
      ['3', '4'],
    ])
    t.match(last.rejects, [{ code: 'DDB_INPUT_FIELD_COUNT' }])
  }
  const one = await read('1,\n\n2,\n', 'a:INT', { trailingDelimiter: true, header: 'no' })
  t.strictSame(one.rows, [['1'], [''], ['2']])
  // A last column that has no name, and a delimiter behind it.
  const wide = 'a,b,\n1,2,,\n3,4,5,\n'
  const found = await read(wide, 'a:INT,b:INT', { trailingDelimiter: true, ignoreExtra: true })
  t.strictSame(found.rows, [
    ['1', '2'],
    ['3', '4'],
  ])
})

t.test('names of records are left out where there is no header, too', async t => {
  const text = 'r1,1,2\n"r,2",3,\n'
  const options = { rowNames: true, header: 'no' } as const
  t.strictSame((await read(text, 'a:INT,b:INT', options)).rows, [
    ['1', '2'],
    ['3', ''],
  ])
  const mapped = await read(text, 'a:INT,n:STRING,b:INT', {
    ...options,
    map: { a: '2', b: '3', n: '1' },
  })
  t.strictSame(mapped.rows[0], ['1', 'r1', '2'])
})

t.test('names of records are left out, whatever the rest is', async t => {
  const text = '"b","a"\nr1,1,2\n"r,2",3,4\n5,6\n'
  const options = { rowNames: true } as const
  for (const delimiter of [',', '||']) {
    const { rows, rejects, reader } = await read(
      text.replace(/,(?!2")/g, delimiter),
      'a:INT,b:INT',
      { ...options, delimiter },
    )
    t.strictSame(rows, [
      ['2', '1'],
      ['4', '3'],
    ])
    t.match(rejects, [{ code: 'DDB_INPUT_FIELD_COUNT', message: 'expected 3 fields, got 2' }])
    t.equal(reader.rowNames, true)
  }
  const byPosition = await read(text, 'x:INT,y:INT', { ...options, match: 'position' })
  t.strictSame(byPosition.rows[0], ['1', '2'])
  const asked = await read(text, 'a:INT,n:STRING', {
    ...options,
    map: { n: '' },
    ignoreExtra: true,
  })
  t.strictSame(asked.rows[1], ['4', 'r,2'])
  const both = await read('a\nr1,1,\n', 'a:INT', { ...options, trailingDelimiter: true })
  t.strictSame(both.rows, [['1']])
  const headless = await read('a\nr1,1\n\n', 'a:INT', options)
  t.strictSame(headless.rows, [['1']], 'an empty line is no row of two fields')
})
