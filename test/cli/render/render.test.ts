import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { displayWidth } from '../../../src/cli/output/output.js'
import {
  csvLine,
  csvText,
  hideInValue,
  inPieces,
  inlineText,
  isNumeric,
  jsonText,
  tableText,
} from '../../../src/cli/render/render.js'
import { passwordHider } from '../../../src/client/login/hide-password.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Scalar, Table, Value, Vector } from '../../../src/protocol/value.js'
import { tupleOf } from '../../../src/protocol/types/tuples.js'
import { scalar } from '../../helpers/codec.js'
import { int, ints, tableOf, text } from '../../helpers/values.js'
import { forAll } from '../../helpers/runs.js'

const strings = (...values: string[]): Vector => vectorOf({ type: 'STRING' }, values) as Vector

const trades: Table = tableOf({
  sym: strings('A', 'MSFT', ''),
  price: vectorOf({ type: 'DOUBLE' }, [1.5, null, 300]),
  id: ints(1, 22, null),
})

const tradesJson = [
  { sym: 'A', price: 1.5, id: 1 },
  { sym: 'MSFT', price: null, id: 22 },
  { sym: null, price: 300, id: null },
]

const dictionary: Value = {
  form: 'dictionary',
  keys: strings('rows', 'colDefs', 'list'),
  values: tupleOf([int(2), trades, ints(1, null)]),
}

/** Two by two, with labels; its last element is null. */
const matrix: Value = {
  form: 'matrix',
  rows: 2,
  columns: 2,
  elements: ints(1, 2, 3, null),
  columnLabels: strings('x', 'y'),
  rowLabels: strings('r', 's'),
}

const scalars: readonly [Scalar, text: string, json: unknown][] = [
  [scalar('INT', 3), '3', 3],
  [scalar('STRING', 'a,"b"'), 'a,"b"', 'a,"b"'],
  [scalar('BOOL', true), 'true', true],
  [scalar('INT', null), '', null],
  [scalar('LONG', 2n ** 53n - 1n), '9007199254740991', 2 ** 53 - 1],
  [scalar('LONG', 2n ** 53n), '9007199254740992', '9007199254740992'],
  [scalar('FLOAT', Math.fround(0.1)), '0.1', 0.1],
  [scalar('DOUBLE', NaN), 'NaN', 'NaN'],
  [scalar('TIMESTAMP', 0n), '1970.01.01T00:00:00.000', '1970-01-01T00:00:00.000'],
  [scalar('DECIMAL64', 12345n, 2), '123.45', '123.45'],
  [scalar('VOID', null), '', null],
]

const longTable = (rows: number): Table =>
  tableOf({ n: ints(...Array.from({ length: rows }, (_, index) => index)) })

const all = (parts: Iterable<string>): string => [...parts].join('')

/** A value, and how it is printed as CSV, as JSON and as a table. */
const forms: readonly [
  name: string,
  Value | undefined,
  csv: string,
  json: unknown,
  table: string,
][] = [
  [
    'a table: a null is empty, numbers are aligned right',
    trades,
    'sym,price,id\nA,1.5,1\nMSFT,,22\n,300,\n',
    tradesJson,
    'sym   price  id\nA       1.5   1\nMSFT         22\n        300\n3 rows\n',
  ],
  ['a table without rows', tableOf({ a: ints(), b: strings() }), 'a,b\n', [], 'a  b\n0 rows\n'],
  ['a vector', ints(1, null), '1\n""\n', [1, null], '1\n\n2 elements\n'],
  ['a vector of one element', ints(7), '7\n', [7], '7\n1 element\n'],
  ['a pair', { form: 'pair', elements: ints(1, 5) }, '1\n5\n', [1, 5], '1 : 5\n'],
  ['a set', { form: 'set', elements: ints(1, 5) }, '1\n5\n', [1, 5], '1\n5\n2 elements\n'],
  [
    'a dictionary',
    dictionary,
    'key,value\nrows,2\ncolDefs,"<table of 3 rows, 3 columns>"\nlist,"[1,]"\n',
    { rows: 2, colDefs: tradesJson, list: [1, null] },
    'key      value\nrows     2\ncolDefs  <table of 3 rows, 3 columns>\nlist     [1,]\n3 elements\n',
  ],
  [
    'a dictionary with numbers as keys',
    { form: 'dictionary', keys: ints(5), values: strings('a') },
    'key,value\n5,a\n',
    { 5: 'a' },
    'key  value\n  5  a\n1 element\n',
  ],
  [
    'a matrix with labels',
    matrix,
    ',x,y\nr,1,3\ns,2,\n',
    [
      [1, 2],
      [3, null],
    ],
    '   x  y\nr  1  3\ns  2\n2 elements\n',
  ],
  [
    'a matrix without labels',
    { form: 'matrix', rows: 1, columns: 2, elements: ints(1, 2) },
    '1,2\n',
    [[1], [2]],
    '1  2\n1 element\n',
  ],
  ['no result', undefined, '', null, ''],
]

const json = (value: Value | undefined): unknown => JSON.parse(all(jsonText(value)))

t.test('every form is printed as CSV, as JSON and as a table', async t => {
  for (const [name, value, csv, expected, text] of forms) {
    t.equal(all(csvText(value)), csv, name)
    t.strictSame(json(value), expected, name)
    t.equal(all(tableText(value, 80)), text, name)
  }
})

t.test('a scalar is printed bare; numbers that JSON cannot hold become texts', async t => {
  for (const [value, text, expected] of scalars) {
    t.equal(all(csvText(value)), `${text}\n`, value.type)
    t.equal(all(tableText(value, 80)), `${text}\n`, value.type)
    t.strictSame(json(value), expected, value.type)
  }
})

t.test('a long table is printed in pieces, and completely', async t => {
  const pieces = [...inPieces(csvText(longTable(1234)))]
  t.equal(pieces.length, 3)
  t.equal(all(pieces).split('\n').length, 1234 + 2)
  t.ok([...jsonText(longTable(1234))].length > 2)
  t.equal((json(longTable(1234)) as unknown[]).length, 1234)
})

t.test('values inside a cell are shortened', async t => {
  const many = ints(...Array.from({ length: 21 }, (_, i) => i))
  const cases: [Value, string][] = [
    [strings('a', '', 'b'), '[a,,b]'],
    [many, `[${Array.from({ length: 20 }, (_, i) => i).join()},... 21 in all]`],
    [tupleOf([ints(1), trades]), '[[1],<table of 3 rows, 3 columns>]'],
    [dictionary, '<dictionary of 3 keys>'],
    [matrix, '<matrix of 2 x 2>'],
    [{ form: 'pair', elements: ints(1, 5) }, '1 : 5'],
    [{ form: 'set', elements: ints(1, 5) }, '[1,5]'],
  ]
  for (const [value, text] of cases) t.equal(inlineText(value), text)
})

t.test('numbers are aligned right, everything else is not', async t => {
  for (const type of ['INT', 'LONG', 'DOUBLE', 'DECIMAL64'] as const) {
    const scale = type === 'DECIMAL64' ? { scale: 2 } : {}
    t.ok(isNumeric(vectorOf({ type, ...scale }, [])), type)
  }
  for (const type of ['STRING', 'DATE', 'BOOL'] as const) {
    t.notOk(isNumeric(vectorOf({ type }, [])), type)
  }
  t.notOk(isNumeric(vectorOf({ type: 'INT', array: true }, [])))
})

t.test('a lone empty field is quoted, and a field that a reader would trim or divide', async t => {
  t.equal(csvLine(['']), '""\n')
  t.equal(csvLine(['', '']), ',\n')
  t.equal(csvLine([' a', 'b ', 'c"d', 'e,f', 'g\nh']), '" a","b ","c""d","e,f","g\nh"\n')
})

t.test('a csv reader reads back the same values', async () => {
  const field = fc.string({ unit: fc.constantFrom('a', ',', '"', '\n', '\r', ' ', '\t', '价') })
  forAll(100)(
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
  )
})

const hide = passwordHider('123456')
const stringsOfHideValue = strings('a', 'x123456y')
const symbols = vectorOf({ type: 'SYMBOL' }, ['123456', 'b']) as Vector
const blobs = vectorOf({ type: 'BLOB' }, [Buffer.from([0xff, 0xfe]), Buffer.from('is 123456')])
const numbers = ints(123456, 7)
const tupleOfHideValue = tupleOf([text('123456'), int(1)])

const holding: readonly Value[] = [
  text('123456'),
  { form: 'scalar', type: 'BLOB', value: Buffer.from('123456') },
  stringsOfHideValue,
  symbols,
  blobs,
  tupleOfHideValue,
  { form: 'arrayVector', length: 1, offsets: Uint32Array.of(0, 2), cells: stringsOfHideValue },
  { form: 'set', elements: stringsOfHideValue },
  { form: 'pair', elements: stringsOfHideValue },
  { form: 'matrix', rows: 2, columns: 1, elements: numbers, rowLabels: stringsOfHideValue },
  { form: 'matrix', rows: 1, columns: 2, elements: numbers, columnLabels: symbols },
  { form: 'dictionary', keys: stringsOfHideValue, values: numbers },
  { form: 'dictionary', keys: numbers, values: tupleOfHideValue },
  tableOf({ a: symbols }),
  tableOf({ c123456: stringsOfHideValue }),
]

t.test('a password is removed from every text of a value', async t => {
  const written = (value: Value): string =>
    [csvText(value), jsonText(value), tableText(value, undefined)]
      .flatMap(parts => [...parts])
      .join('')
  for (const value of holding) {
    const safe = hideInValue(value, hide)
    t.not(safe, value)
    t.match(written(safe), /\*\*\*/, value.form)
    const texts = written(safe).replaceAll(/\b123456\b/g, '')
    t.notMatch(texts, /x123456|c123456|is 123456/)
    if (!JSON.stringify(value).includes('"0":123456')) t.notMatch(written(safe), '123456')
  }
})

t.test('numbers stay numbers, and a value without the password stays the same object', async t => {
  const clean: readonly Value[] = [
    int(123456),
    numbers,
    text('12345'),
    { form: 'table', name: '', rows: 2, columnNames: ['n'], columns: [numbers] },
    { form: 'dictionary', keys: numbers, values: numbers },
    vectorOf({ type: 'BLOB' }, [Buffer.from([0xff])]),
  ]
  for (const value of clean) t.equal(hideInValue(value, hide), value)
})

t.test('an array column is an array in each row', async t => {
  const array = vectorOf({ type: 'INT', array: true }, [[1, 2], null])
  t.strictSame(json(tableOf({ a: array })), [{ a: [1, 2] }, { a: [null] }])
})

t.test('the JSON contains no character on which a terminal would act', async () => {
  forAll(100)(fc.string({ unit: 'binary' }), text => {
    const line = all(jsonText(scalar('STRING', text)))
    const back: unknown = JSON.parse(line)
    return (
      // eslint-disable-next-line no-control-regex -- a terminal acts on control characters
      (text === '' || back === text) && !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(line)
    )
  })
})

t.test('a terminal gets only complete columns, and a note about the rest', async t => {
  const text = all(tableText(trades, 12))
  t.match(text, /^sym {3}price\n/)
  t.match(text, /3 rows \(1 column did not fit; --output csv has all\)/)
  const wide = tableOf({ text: strings('x'.repeat(200)) })
  for (const line of all(tableText(wide, 30)).split('\n')) t.ok(displayWidth(line) <= 30, line)
})

t.test('wide characters keep columns aligned', async t => {
  const text = all(tableText(tableOf({ 名: strings('价格', 'ab'), n: ints(1, 2) }), undefined))
  t.equal(text, ['名    n', '价格  1', 'ab    2', '2 rows', ''].join('\n'))
})

t.test('control characters of data never reach the table', async t => {
  const text = all(tableText(tableOf({ 'a\u001b[2J': strings('x\u0007\ny\u009b1m') }), 80))
  // eslint-disable-next-line no-control-regex -- a terminal acts on control characters
  t.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  t.equal(text.split('\n')[1], 'x\\u{7} y')
})

t.test('with colours, names are bold and the count is dim', async t => {
  const text = all(tableText(tableOf({ a: ints(1) }), 80, (style, part) => `<${style} ${part}>`))
  t.equal(text, '<bold a>\n1\n<dim 1 row>\n')
})
