/*
  Whether a first record is a header: by the names and types of the target, by the data, or not to be told.
*/
import t, { type Test } from 'tap'
import { UsageError } from '../../../src/errors.js'
import { isHeaderByData, isHeaderFor } from '../../../src/parse/csv/decide-header.js'
import type { FirstRecord } from '../../../src/parse/csv/header-record.js'
import type { RowTarget } from '../../../src/parse/csv/row-target.js'
import { SampleRecords } from '../../../src/parse/csv/sample-records.js'
import { schemaFromTypes } from '../../../src/schema/target-schema.js'
import type { CellRules } from '../../../src/parse/cell-rules.js'
import type { MappingRules } from '../../../src/schema/column-mapping.js'

const recordOf = (line: string): FirstRecord => ({
  fields: line.split(',').map(field => Buffer.from(field)),
  bytes: Buffer.from(line),
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
const texts = /names no column of the target .* nothing but texts/

const trades = 'time:TIMESTAMP,sym:SYMBOL,price:DOUBLE,id:INT'
const people = 'name:STRING,city:SYMBOL'

t.test('names of the target are a header, values of its types are a row', async t => {
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
    // Names of columns that begin like numbers.
    ['country,2019', 'country:SYMBOL,2019:DOUBLE', 'header'],
    ['fr,2019', 'country:SYMBOL,2019:DOUBLE', both],
    ['fr,20', 'country:SYMBOL,2019:DOUBLE', 'row'],
    // Nothing but texts.
    ['alice,bob', people, texts],
    ['name,paris', people, 'header'],
    ['alice,paris', 'name:STRING,city:CHAR', noName],
    ['a,b', 'x:STRING,y:CHAR', texts],
    // What the mapping says.
    ['ts,ticker,px,number', trades, 'header', { mapping: { map: { time: 'TS' } } }],
    ['sym,1.5', trades, both, { mapping: { set: { time: '', id: '1' } } }],
    ['IBM,1.5', trades, 'row', { mapping: { set: { time: '', id: '1' } } }],
    ['IBM,1.5,x', trades, noName, { mapping: { set: { time: '', id: '1' } } }],
    ['IBM,1.5,x', trades, 'row', { mapping: { set: { time: '', id: '1' }, ignoreExtra: true } }],
    ['1.5,IBM', 'a:SYMBOL,b:DOUBLE', 'row', { mapping: { map: { a: '2', b: '1' } } }],
    ['2,1', 'a:SYMBOL,b:DOUBLE', both, { mapping: { map: { a: '2', b: '1' } } }],
    ['2,x', 'a:SYMBOL,b:DOUBLE', 'header', { mapping: { map: { a: '2', b: 'x' } } }],
    ['time,sym,price,id', trades, 'header', { mapping: { match: 'position' } }],
    // What the cells may be.
    ['02/01/2020,5', 'd:DATE,n:INT', 'row', { cells: { dateFormats: { d: 'dd/MM/yyyy' } } }],
    ['02/01/2020,5', 'd:DATE,n:INT', noName],
    ['NA,NA', 'd:DATE,n:INT', texts, { cells: { nullTexts: ['NA'] } }],
    ['x,y', 'd:DATE,n:INT', noName, { cells: { lenient: true } }],
  ] as readonly (readonly [string, string, Answer, Given?])[]) {
    const { mapping = {}, cells = {} } = given
    const target: RowTarget = { schema: schemaFromTypes(types), mapping, cells }
    const answer = answerOf(() => isHeaderFor(recordOf(line), target, 'a.csv'))
    check(t, answer, expected, `${line} into ${types} ${JSON.stringify(given)}`)
    if (answer instanceof RegExp) t.match(answer.source, /a\.csv.*`input\.header` yes or no$/)
  }
})

t.test('a wide target is not listed', async t => {
  const types = Array.from({ length: 9 }, (_, i) => `c${i}:INT`).join(',')
  const target: RowTarget = { schema: schemaFromTypes(types), mapping: {}, cells: {} }
  t.throws(() => isHeaderFor(recordOf('a,b'), target, 'a.csv'), {
    message: /\(c0, c1, c2, c3, c4, …\)/,
  })
})

t.test('without a target the data have to tell', async t => {
  const unclear = /the records after it do not show it/
  for (const [text, expected, names] of [
    ['id,name\n1,a\n', 'header'],
    ['day,name\n2024-01-02,a\n,b\n', 'header'],
    ['name,price\na,1\nb,2\nc,n/a\n', unclear],
    [`name,price\n${'a,1\n'.repeat(20)}b,n/a\n`, 'header'],
    ['name,city\na,b\nc,d\n', unclear],
    ['alice,bob\n', unclear],
    ['name,price\n', unclear],
    // The first price is not there.
    ['alice,N/A\nbob,12\n', unclear],
    ['alice,\nbob,12\n', unclear],
    ['1,2\n3,4\n', 'row'],
    ['2020.01.02,a\n2020.01.03,b\n', 'row'],
    ['a,1.5\nb,2\nc,2.5\n', 'row'],
    ['a,-1\nb,2\n', 'row'],
    ['a,1\n', unclear],
    ['a,1\nb,c\n', unclear],
    // Names of columns that begin like numbers.
    ['country,2019\nfr,5\nde,7\n', unclear],
    ['country,2019\nfr,1500\nde,7700\n', unclear],
    ['country,1234\nfr,1500\nde,7700\n', 'row'],
    ['2019,a\n2020,b\n', 'row'],
    ['0,1\n0.5,0.25\n', unclear],
    ['country,2020-01-31\nfr,1.5\n', unclear],
    // Names that an input before had.
    ['name,city\na,b\n', 'header', ['city', 'Name']],
    ['name,\na,b\n', 'header', ['name', '']],
    ['alice,paris\na,b\n', unclear, ['name', 'city']],
    ['1,2\n3,4\n', 'row', ['1', '2']],
  ] as readonly (readonly [string, Answer, string[]?])[]) {
    const dialect = { delimiter: ',', quote: '"', escape: '"', comment: '', trim: false }
    const records = new SampleRecords(Buffer.from(text), 0, true, dialect)
    const record = recordOf(text.slice(0, text.indexOf('\n')))
    const answer = answerOf(() => isHeaderByData(record, { file: 'a.csv', records, names }))
    check(t, answer, expected, JSON.stringify(text))
  }
})
