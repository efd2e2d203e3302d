/* eslint-disable no-control-regex -- control characters are what some of these are about */
import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { csvLine, csvText } from '../../../src/cli/render/csv.js'
import { jsonText } from '../../../src/cli/render/json.js'
import { tableText } from '../../../src/cli/render/table.js'
import { displayWidth } from '../../../src/cli/output/terminal-text.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Scalar, Table, Value, Vector } from '../../../src/protocol/value.js'

const table = (columns: Record<string, Table['columns'][number]>): Table => ({
  form: 'table',
  name: '',
  rows: Object.values(columns)[0]?.length ?? 0,
  columnNames: Object.keys(columns),
  columns: Object.values(columns),
})

const ints = (...values: (number | null)[]): Vector => vectorOf({ type: 'INT' }, values) as Vector
const strings = (...values: string[]): Vector => vectorOf({ type: 'STRING' }, values) as Vector
const tuple = (...data: Value[]): Vector => ({
  form: 'vector',
  type: 'ANY',
  length: data.length,
  data,
})

const trades = table({
  sym: strings('A', 'MSFT', ''),
  price: vectorOf({ type: 'DOUBLE' }, [1.5, null, 300]),
  id: ints(1, 22, null),
})

const all = (parts: Iterable<string>): string => [...parts].join('')
const json = (value: Value | undefined): unknown => JSON.parse(all(jsonText(value)))

t.test('a table is aligned, numbers to the right, with its row count', async t => {
  t.equal(
    all(tableText(trades, undefined)),
    ['sym   price  id', 'A       1.5   1', 'MSFT         22', '        300', '3 rows', ''].join(
      '\n',
    ),
  )
})

t.test('a terminal gets whole columns only, and is told of the others', async t => {
  const text = all(tableText(trades, 12))
  t.match(text, /^sym {3}price\n/)
  t.match(text, /3 rows \(1 column did not fit; --output csv has all\)/)
  const wide = table({ text: strings('x'.repeat(200)) })
  for (const line of all(tableText(wide, 30)).split('\n')) t.ok(displayWidth(line) <= 30, line)
})

t.test('wide characters keep columns aligned', async t => {
  const text = all(tableText(table({ 名: strings('价格', 'ab'), n: ints(1, 2) }), undefined))
  t.equal(text, ['名    n', '价格  1', 'ab    2', '2 rows', ''].join('\n'))
})

t.test('control characters of data never reach the table', async t => {
  const text = all(tableText(table({ 'a\u001b[2J': strings('x\u0007\ny\u009b1m') }), 80))
  t.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  t.equal(text.split('\n')[1], 'x y')
})

t.test('a table without rows still shows its columns', async t => {
  const empty = table({ a: ints(), b: strings() })
  t.equal(all(tableText(empty, undefined)), 'a  b\n0 rows\n')
  t.equal(all(csvText(empty)), 'a,b\n')
  t.strictSame(json(empty), [])
})

const scalar = (given: Omit<Scalar, 'form'>): Scalar => ({ form: 'scalar', ...given }) as Scalar

t.test('a scalar is its bare value in every form of output', async t => {
  const cases: [Scalar, text: string, json: unknown][] = [
    [scalar({ type: 'INT', value: 3 }), '3', 3],
    [scalar({ type: 'STRING', value: 'a,"b"' }), 'a,"b"', 'a,"b"'],
    [scalar({ type: 'BOOL', value: true }), 'true', true],
    [scalar({ type: 'INT', value: null }), '', null],
    [scalar({ type: 'LONG', value: 2n ** 53n - 1n }), '9007199254740991', 2 ** 53 - 1],
    [scalar({ type: 'LONG', value: 2n ** 53n }), '9007199254740992', '9007199254740992'],
    [scalar({ type: 'FLOAT', value: Math.fround(0.1) }), '0.1', 0.1],
    [scalar({ type: 'DOUBLE', value: NaN }), 'NaN', 'NaN'],
    [
      scalar({ type: 'TIMESTAMP', value: 0n }),
      '1970.01.01T00:00:00.000',
      '1970.01.01T00:00:00.000',
    ],
    [scalar({ type: 'DECIMAL64', scale: 2, value: 12345n } as never), '123.45', '123.45'],
    [scalar({ type: 'VOID', value: null }), '', null],
  ]
  for (const [value, text, expected] of cases) {
    t.equal(all(tableText(value, 80)), `${text}\n`, `${value.type} as text`)
    t.equal(all(csvText(value)), `${text}\n`, `${value.type} as csv`)
    t.strictSame(json(value), expected, `${value.type} as json`)
  }
})

t.test('no result prints nothing, and null in json', async t => {
  t.equal(all(tableText(undefined, 80)), '')
  t.equal(all(csvText(undefined)), '')
  t.equal(json(undefined), null)
})

t.test('other forms have a shape of their own', async t => {
  const pair: Value = { form: 'pair', elements: ints(1, 5) }
  const set: Value = { form: 'set', elements: ints(1, 5) }
  const dictionary: Value = {
    form: 'dictionary',
    keys: strings('rows', 'colDefs', 'list'),
    values: tuple(scalar({ type: 'INT', value: 2 }), trades, ints(1, null)),
  }
  const matrix: Value = {
    form: 'matrix',
    rows: 2,
    columns: 2,
    elements: ints(1, 2, 3, null),
    columnLabels: strings('x', 'y'),
    rowLabels: strings('r', 's'),
  }
  t.equal(all(tableText(pair, 80)), '1 : 5\n')
  t.equal(all(tableText(set, 80)), '1\n5\n2 elements\n')
  t.equal(
    all(tableText(dictionary, 80)),
    [
      'key      value',
      'rows     2',
      'colDefs  <table of 3 rows, 3 columns>',
      'list     [1,]',
      '3 elements',
      '',
    ].join('\n'),
  )
  t.equal(all(csvText(matrix)), ',x,y\nr,1,3\ns,2,\n')
  t.strictSame(json(pair), [1, 5])
  t.strictSame(json(set), [1, 5])
  t.strictSame(json(matrix), [
    [1, 3],
    [2, null],
  ])
  t.match(json(dictionary), {
    rows: 2,
    list: [1, null],
    colDefs: [{ sym: 'A', price: 1.5, id: 1 }],
  })
})

t.test('a row of a table is an object, a null is null', async t => {
  t.strictSame(json(trades), [
    { sym: 'A', price: 1.5, id: 1 },
    { sym: 'MSFT', price: null, id: 22 },
    { sym: null, price: 300, id: null },
  ])
})

t.test('json has no character a terminal would act on', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const line = all(jsonText(scalar({ type: 'STRING', value: text })))
      const back: unknown = JSON.parse(line)
      return (
        (text === '' || back === text) && !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(line)
      )
    }),
  )
})

t.test('csv comes back from a csv reader as it was', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '\t', '价') })
  fc.assert(
    fc.property(
      fc
        .integer({ min: 1, max: 4 })
        .chain(width =>
          fc.array(fc.array(field, { minLength: width, maxLength: width }), { minLength: 1 }),
        ),
      records => {
        const text = records.map(csvLine).join('')
        const back = parse(text, { relax_column_count: true, record_delimiter: '\n' })
        return JSON.stringify(back) === JSON.stringify(records)
      },
    ),
  )
})

t.test('long results come in pieces, and whole', async t => {
  const rows = 1234
  const long = table({ n: ints(...Array.from({ length: rows }, (_, index) => index)) })
  t.ok([...csvText(long)].length > 2)
  t.equal(all(csvText(long)).split('\n').length, rows + 2)
  t.equal(all(tableText(long, 80)).split('\n').length, rows + 3)
  t.equal((json(long) as unknown[]).length, rows)
})
