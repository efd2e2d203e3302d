/* The role of the first record of a delimited text, and the role of its fields. */
import t, { type Test } from 'tap'
import { InputError, UsageError } from '../../../src/errors.js'
import type { CellRules } from '../../../src/parse/cell-rules.js'
import type { FirstRecord } from '../../../src/parse/csv/csv-tokenizer.js'
import {
  checkTrailingDelimiter,
  headerNames,
  isHeaderByData,
  isHeaderFor,
  looksLikeHeader,
  testFit,
  textsOf,
} from '../../../src/parse/csv/header.js'
import {
  decimalCommaFor,
  type RowTarget,
  withDecimalComma,
} from '../../../src/parse/csv/decimal-comma.js'
import { SampleRecords } from '../../../src/parse/csv/sample.js'
import { openReader } from '../../../src/parse/formats.js'
import type { MappingRules } from '../../../src/schema/cell-source.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import { memorySource, read } from '../reading.js'
import { cells } from '../../helpers/values.js'

// Whether the first record is a header: decided by names and types of the target, by the data, or left open.

const recordOf = (line: string): FirstRecord => ({
  fields: line.split(',').map(field => Buffer.from(field)),
  bytes: Buffer.from(line),
  file: 'a.csv',
  lineNumber: 1,
  offsetBytes: 0,
})

type Answer = 'header' | 'row' | RegExp

function answerOf(decide: () => boolean): Answer {
  try {
    return decide() ? 'header' : 'row'
  } catch (error) {
    if (!(error instanceof UsageError)) throw error
    return new RegExp(error.message)
  }
}

function check(t: Test, answer: Answer, expected: Answer, what: string): void {
  if (typeof expected === 'string') t.equal(String(answer), expected, what)
  else t.match(answer instanceof RegExp ? answer.source : answer, expected, what)
}

interface Given {
  readonly mapping?: MappingRules
  readonly cells?: CellRules
}

const both = /names a column of the target, but would also load as a row/
const noName = /names no column of the target .* would not load as a row/
const texts = /names no column of the target .* all its fields are texts/

const trades = 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'
const people = 'name:STRING,city:SYMBOL'

t.test('names of the target mean a header, values of its types mean a row', async t => {
  for (const [line, types, expected, given = {}] of [
    ['time,sym,price,id', trades, 'header'],
    ['id,price,sym,time', trades, 'header'],
    [' TIME ,Sym,price,id', trades, 'header'],
    ['time,sym,price', trades, 'header'],
    ['time,ticker,px,number', trades, 'header'],
    ['2020.01.02T03:04:05,IBM,1.5,7', trades, 'row'],
    ['2020.01.02T03:04:05,,,', trades, 'row'],
    ['2020.01.02T03:04:05,sym,1.5,7', trades, both],
    ['2020.01.02T03:04:05,IBM,1.5', trades, noName],
    ['ts,ticker,px,number', trades, noName],
    ['x,IBM,1.5,7', trades, noName],
    [',IBM,,', trades, texts],
    [',,,', trades, texts],
    // Column names that begin like numbers.
    ['country,2019', 'country:SYMBOL,2019:DOUBLE', 'header'],
    ['fr,2019', 'country:SYMBOL,2019:DOUBLE', both],
    ['fr,20', 'country:SYMBOL,2019:DOUBLE', 'row'],
    // Records of texts only.
    ['alice,bob', people, texts],
    ['name,paris', people, 'header'],
    ['alice,paris', 'name:STRING,city:CHAR', noName],
    ['a,b', 'x:STRING,y:CHAR', texts],
    // The mapping decides.
    ['ts,ticker,px,number', trades, 'header', { mapping: { map: { time: 'TS' } } }],
    ['sym,1.5', trades, both, { mapping: { set: { time: '', id: '1' } } }],
    ['IBM,1.5', trades, 'row', { mapping: { set: { time: '', id: '1' } } }],
    ['IBM,1.5,x', trades, noName, { mapping: { set: { time: '', id: '1' } } }],
    ['IBM,1.5,x', trades, 'row', { mapping: { set: { time: '', id: '1' }, ignoreExtra: true } }],
    ['1.5,IBM', 'a:SYMBOL,b:DOUBLE', 'row', { mapping: { map: { a: '2', b: '1' } } }],
    ['2,1', 'a:SYMBOL,b:DOUBLE', both, { mapping: { map: { a: '2', b: '1' } } }],
    ['2,x', 'a:SYMBOL,b:DOUBLE', 'header', { mapping: { map: { a: '2', b: 'x' } } }],
    ['time,sym,price,id', trades, 'header', { mapping: { match: 'position' } }],
    // The cell options decide.
    ['02/01/2020,5', 'd:DATE,n:INT', 'row', { cells: { dateFormats: { d: 'dd/MM/yyyy' } } }],
    ['02/01/2020,5', 'd:DATE,n:INT', noName],
    ['NA,NA', 'd:DATE,n:INT', texts, { cells: { nullTexts: ['NA'] } }],
    ['x,y', 'd:DATE,n:INT', noName, { cells: { lenient: true } }],
  ] as readonly (readonly [string, string, Answer, Given?])[]) {
    const { mapping = {}, cells = {} } = given
    const target: RowTarget = { schema: schemaFromTypes(types), mapping, cells }
    const answer = answerOf(() => isHeaderFor(recordOf(line), target))
    check(t, answer, expected, `${line} into ${types} ${JSON.stringify(given)}`)
    if (answer instanceof RegExp) t.match(answer.source, /a\.csv.*`input\.header` to yes or no$/)
  }
})

t.test('for a wide target the message lists only some columns', async t => {
  const types = Array.from({ length: 9 }, (_, i) => `c${i}:INT`).join(',')
  const target: RowTarget = { schema: schemaFromTypes(types), mapping: {}, cells: {} }
  t.throws(() => isHeaderFor(recordOf('a,b'), target), { message: /\(c0, c1, c2, c3, c4, …\)/ })
})

t.test('without a target the data decide', async t => {
  const unclear = /the records after it do not show which/
  for (const [text, expected, names] of [
    ['id,name\n1,a\n', 'header'],
    ['day,name\n2024-01-02,a\n,b\n', 'header'],
    ['stock,cost\na,1\nb,2\nc,n/a\n', unclear],
    [`name,price\n${'a,1\n'.repeat(20)}b,n/a\n`, 'header'],
    ['name,town\na,b\nc,d\n', unclear],
    ['alice,bob\n', unclear],
    ['stock,cost\n', unclear],
    ['name,price\n', 'header'],
    // The first price is missing.
    ['alice,N/A\nbob,12\n', unclear],
    ['alice,\nbob,12\n', unclear],
    ['1,2\n3,4\n', 'row'],
    ['2020.01.02,a\n2020.01.03,b\n', 'row'],
    ['a,1.5\nb,2\nc,2.5\n', 'row'],
    ['a,-1\nb,2\n', 'row'],
    ['a,1\n', unclear],
    ['a,1\nb,c\n', unclear],
    // Usual column names that do not appear below.
    ['name,city\na,b\nc,d\n', 'header'],
    ['user_id,Full name,x,y\na,b,c,d\n', 'header'],
    ['代码,名称\n平安,银行\n', 'header'],
    ['name,city\na,b\nemail,d\n', unclear],
    ['name,city,x,y,z\na,b,c,d,e\n', unclear],
    ['name\na\nb\n', unclear],
    ['name,name\na,b\n', unclear],
    // A first record that differs from all others.
    [`H,daily\n${'D,x\n'.repeat(50)}`, unclear],
    [`H,20240102\n${'D,x\n'.repeat(50)}`, unclear],
    // Column names that begin like numbers.
    ['country,2019\nfr,5\nde,7\n', unclear],
    ['country,2019\nfr,1500\nde,7700\n', unclear],
    ['country,1234\nfr,1500\nde,7700\n', 'row'],
    ['2019,a\n2020,b\n', 'row'],
    ['0,1\n0.5,0.25\n', unclear],
    ['country,2020-01-31\nfr,1.5\n', unclear],
    ['country,2015_sales,change\nfr,378,5\nde,12,7\n', 'header'],
    ['country,2015_sales\nfr,378\nde,12\n', unclear],
    ['halted,12 March 2020\n5,13 March 2020\n7,1 April 2020\n', unclear],
    ['halted,12 Main Street\n5,High Street 3\n7,1 Side Road\n', unclear],
    ['halted,12 Main Street\n5,\n7,\n', unclear],
    // The last element of a case contains the column names of an earlier input.
    ['name,city\na,b\n', 'header', ['city', 'Name']],
    ['name,\na,b\n', 'header', ['name', '']],
    ['alice,paris\na,b\n', unclear, ['name', 'city']],
    ['1,2\n3,4\n', 'row', ['1', '2']],
  ] as readonly (readonly [string, Answer, string[]?])[]) {
    const [first = [], ...rows] = text.split('\n').map(line => line.split(','))
    const answer = answerOf(() => isHeaderByData(first, { file: 'a.csv', rows, names }) === true)
    check(t, answer, expected, JSON.stringify(text))
  }
})

t.test('if both answers are possible, the more probable answer is called likely', async t => {
  const likely = async (text: string): Promise<unknown> => {
    const settled = { names: undefined }
    return openReader(memorySource(text), { settled }).catch((error: unknown) => error)
  }
  t.match(await likely('city_name,land\nBerlin,de\nParis,fr\nLyon,fr\n'), {
    fix: { options: { 'input.header': 'yes' } },
  })
  t.match(await likely('Paris,fr\nBerlin,de\nParis,de\nLyon,fr\n'), {
    fix: { options: { 'input.header': 'no' } },
  })
  t.match(await likely('alice,bob\n'), { fix: { options: { 'input.header': 'yes' } } })
})

// Whether the first record is a header, and its names.

const record = (...fields: (string | Uint8Array)[]): FirstRecord => ({
  fields: fields.map(field => (typeof field === 'string' ? Buffer.from(field) : field)),
  bytes: new Uint8Array(0),
  file: 'f.csv',
  lineNumber: 3,
  offsetBytes: 17,
})

t.test('a record with a text like a number, or with only blanks, is not a header', async t => {
  for (const [fields, isHeader] of [
    [['id', 'name'], true],
    [['id', ''], true],
    [['2024 sales', 'name'], false],
    [['a', '-1'], false],
    [['a', '+.5'], false],
    [['a', ' 7'], false],
    [['a', '.'], true],
    [['a', '-b'], true],
    [['x1'], true],
    [['', ' '], false],
    [[], false],
  ] as const) {
    t.equal(looksLikeHeader(textsOf(record(...fields))), isHeader, JSON.stringify(fields))
  }
})

t.test('names are trimmed and must be UTF-8', async t => {
  t.strictSame(headerNames(record(' id ', 'naïve', '')), ['id', 'naïve', ''])
  try {
    headerNames(record('ok', Uint8Array.of(0xff)))
    t.fail('a name that is not UTF-8 was accepted')
  } catch (error) {
    if (!(error instanceof InputError)) throw error
    t.equal(error.code, 'DDB_INPUT_ENCODING')
    t.strictSame(error.position, { file: 'f.csv', lineNumber: 3, offsetBytes: 17 })
  }
})

// Whether the records would be rows of the target.

const fit = (types: string, ...lines: string[]) => {
  const records = lines.map(line => line.split(',').map(field => Buffer.from(field)))
  const shape = { file: 'a.csv', kind: 'fields', fieldCount: records[0]!.length } as const
  return testFit({ schema: schemaFromTypes(types), mapping: {}, cells: {} }, shape, records)
}

t.test('all cells of all records must fit, and one at least must not be a text', async t => {
  for (const [types, lines, isFit, hasValues] of [
    ['a:INT,b:STRING', ['1,x'], true, true],
    ['a:INT,b:STRING', [',x'], true, false],
    ['a:INT,b:STRING', [',x', '1,'], true, true],
    ['a:SYMBOL,b:STRING,c:BLOB,d:CHAR', ['1,2,3,4'], true, false],
    ['a:INT[],b:STRING', ['1,x'], true, true],
    ['a:INT[],b:STRING', [',x'], true, false],
    ['a:INT,b:STRING', ['1,x', 'y,x'], false, false],
    ['a:INT', ['1,x'], false, false],
    ['a:INT,b:INT,c:INT', ['1,2'], false, false],
    ['a:TIMESTAMP', ['2020-01-01T00:00:00Z', '2020-01-01T00:00:00+01:00'], false, false],
  ] as const) {
    const { misfit, hasValues: found } = fit(types, ...lines)
    t.equal(misfit === undefined, isFit, `${types}: ${misfit}`)
    t.equal(found, hasValues, `${types}: ${lines.join(' ')}`)
  }
  t.match(fit('a:INT', 'x').misfit, /INT column "a": expected a whole number .*got "x"/)
})

t.test('a detected decimal comma is used, unless the comma has a different meaning', async t => {
  const plain = schemaFromTypes('a:DOUBLE').columns
  const array = schemaFromTypes('a:DOUBLE[]').columns
  t.strictSame(decimalCommaFor(true, {}, plain), { value: true, how: 'found' })
  t.strictSame(decimalCommaFor(false, {}, plain), { value: false, how: 'found' })
  t.strictSame(decimalCommaFor(true, {}, array), { value: false, how: 'found' })
  t.strictSame(decimalCommaFor(true, { thousands: ',' }, plain), { value: false, how: 'found' })
  const expected = { value: false, how: 'given' }
  t.strictSame(decimalCommaFor(true, { decimalComma: false }, plain), expected)
  t.strictSame(decimalCommaFor(false, { decimalComma: true }, array), { value: true, how: 'given' })
  const target = { schema: { columns: plain }, mapping: {}, cells: {} }
  t.match(withDecimalComma(target, true), { cells: { decimalComma: true } })
})

t.test('only commas of columns with fractions show that a comma is a decimal comma', async t => {
  const found = async (types: string, text: string, mapping: MappingRules = {}) => {
    const target = { schema: schemaFromTypes(types), mapping, cells: {} }
    const { dialect } = await openReader(memorySource(text), { target, delimiter: ';' })
    return dialect!.decimalComma.value
  }
  const text = 'volume;tags\n1234;12,34\n5678;7,15\n'
  t.equal(await found('volume:DOUBLE,tags:DOUBLE', text), true)
  t.equal(await found('volume:DOUBLE,tags:STRING', text), false)
  t.equal(await found('volume:DOUBLE', text, { ignoreExtra: true }), false)
  t.equal(await found('volume:DOUBLE,tags:DECIMAL64(2)', text.replace(/^.*\n/, '')), true)
  t.equal(await found('x:DOUBLE', text, { map: { x: 'Tags' }, ignoreExtra: true }), true)
  const numbered = { map: { price: '1', tags: '2' } }
  t.equal(await found('tags:STRING,price:DOUBLE', '12,34;9,5\n7,15;8\n', numbered), true)
  const isSet = { set: { day: 'x' }, match: 'position' } as const
  t.equal(await found('day:STRING,price:DOUBLE', '12,34\n7,15\n', isSet), true)
  t.equal(await found('price:DOUBLE,day:STRING', '12;3,4\n7;1,5\n'), false)
  t.equal(await found('volume:LONG', 'volume\n12,0\n1,5\n'), false)
  t.equal(await found('volume:DOUBLE,tags:DOUBLE', text.replace('1234', '1,234')), false)
})

// Records with one field more than the header. The reason is a trailing delimiter, row names, or undecided.

function isUnclear(text: string, types: string | undefined, mapping: MappingRules = {}): boolean {
  const dialect = { delimiter: ',', quote: '"', escape: '"', comment: '', trim: false }
  const sample = { bytes: Buffer.from(text), from: 0, isWhole: true }
  const records = new SampleRecords(sample, dialect)
  const target =
    types === undefined ? undefined : { schema: schemaFromTypes(types), mapping, cells: {} }
  const names = text.slice(0, text.indexOf('\n')).split(',')
  try {
    checkTrailingDelimiter('a.csv', names, records, target)
    return false
  } catch (error) {
    t.match(error, {
      code: 'DDB_USAGE',
      exitCode: 64,
      message: /a\.csv .*end with a delimiter or begin with a row name/,
    })
    return true
  }
}

t.test('if both readings fit, nothing is decided', async t => {
  for (const [text, types, expected] of [
    ['price,venue\n1,63.5,\n', 'price:DOUBLE,venue:SYMBOL', true],
    ['price,venue\n1,63.5,\n2,64,\n', 'price:DOUBLE,venue:SYMBOL', true],
    ['price,venue\n"1","63.5",\n', 'price:DOUBLE,venue:SYMBOL', true],
    ['price,size\n1,63.5,\n', undefined, true],
    // Repeated values are not row names.
    ['price,venue\n1,63.5,\n1,64,\n', 'price:DOUBLE,venue:SYMBOL', false],
    ['price,venue\n1,63.5,\n,64,\n', 'price:DOUBLE,venue:SYMBOL', false],
    ['price,size\n1,63.5,\n1,2,\n', undefined, false],
    // The types of the target decide, except in the first case, in which both readings fit the types.
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

t.test('names and positions come from the header', async t => {
  const text = 'a,b\n1,63.5,\n'
  t.ok(isUnclear(text, 'x:DOUBLE,y:SYMBOL', { match: 'position' }))
  t.ok(isUnclear(text, 'x:DOUBLE,y:SYMBOL', { map: { x: 'a', y: 'b' } }))
  t.notOk(isUnclear(text, 'x:SYMBOL,y:DOUBLE,z:INT', { map: { x: 'a', y: 'b' } }))
})

t.test('the setting for trailing delimiters settles unclear records', async t => {
  const types = 'price:DOUBLE,venue:SYMBOL'
  const text = 'price,venue\n1,63.5,\n2,64.5,\n'
  const target = { schema: schemaFromTypes(types), mapping: {}, cells: {} }
  await t.rejects(openReader(memorySource(text), { target }), { code: 'DDB_USAGE' })
  const trailing = await read(text, types, { target, trailingDelimiter: true })
  t.strictSame(trailing.rows, cells('1,63.5', '2,64.5'))
  const neither = await read(text, types, { target, trailingDelimiter: false })
  const codes = neither.rejects.map(({ code }) => code)
  t.strictSame(codes, ['DDB_INPUT_FIELD_COUNT', 'DDB_INPUT_FIELD_COUNT'])
})

t.test('the first record may also have a trailing delimiter', async t => {
  const types = 'price:DOUBLE,venue:SYMBOL'
  const rows = cells('1,63.5', '2,')
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
    t.strictSame(last.rows, cells('1,2', '3,4'))
    t.match(last.rejects, [{ code: 'DDB_INPUT_FIELD_COUNT' }])
  }
  const one = await read('1,\n\n2,\n', 'a:INT', { trailingDelimiter: true, header: 'no' })
  t.strictSame(one.rows, [['1'], [''], ['2']])
  // The last column has no name, and a delimiter follows it.
  const wide = 'a,b,\n1,2,,\n3,4,5,\n'
  const found = await read(wide, 'a:INT,b:INT', { trailingDelimiter: true, ignoreExtra: true })
  t.strictSame(found.rows, cells('1,2', '3,4'))
})
