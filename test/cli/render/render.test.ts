import { parse } from 'csv-parse/sync'
import fc from 'fast-check'
import t from 'tap'
import { displayWidth } from '../../../src/cli/output/terminal-text.js'
import {
  cellText,
  csvLine,
  csvText,
  gridOf,
  hideInValue,
  inPieces,
  inlineText,
  isNumeric,
  jsonText,
  tableText,
} from '../../../src/cli/render/render.js'
import { passwordHider } from '../../../src/client/login/hide-password.js'
import { vectorOf } from '../../../src/protocol/element.js'
import type { Value, Vector } from '../../../src/protocol/value.js'
import { int, text } from '../../helpers/values.js'
import {
  dictionary,
  ints,
  matrix,
  scalar,
  strings,
  trades,
  tuple,
  all,
  longTable,
  scalars,
  table,
} from './values.js'

/** The names of the columns, then the rows as texts. */
function cellsOf(value: Value): unknown {
  const { names, columns, rows } = gridOf(value)
  const texts = Array.from({ length: rows }, (_, row) =>
    columns.map(column => cellText(column, row)),
  )
  return [names, ...texts]
}

t.test('every form has rows and columns', async t => {
  const cases: [string, Value, unknown[]][] = [
    [
      'a table',
      trades,
      [
        ['sym', 'price', 'id'],
        ['A', '1.5', '1'],
        ['MSFT', '', '22'],
        ['', '300', ''],
      ],
    ],
    ['a scalar', scalar({ type: 'INT', value: 3 }), [undefined, ['3']]],
    ['a vector', ints(1, null), [undefined, ['1'], ['']]],
    ['a pair', { form: 'pair', elements: ints(1, 5) }, [undefined, ['1'], ['5']]],
    ['a set', { form: 'set', elements: ints(4) }, [undefined, ['4']]],
    [
      'a dictionary',
      dictionary,
      [
        ['key', 'value'],
        ['rows', '2'],
        ['colDefs', '<table of 3 rows, 3 columns>'],
        ['list', '[1,]'],
      ],
    ],
    [
      'a matrix with labels',
      matrix,
      [
        ['', 'x', 'y'],
        ['r', '1', '3'],
        ['s', '2', ''],
      ],
    ],
    [
      'a matrix without',
      { form: 'matrix', rows: 1, columns: 2, elements: ints(1, 2) },
      [undefined, ['1', '2']],
    ],
  ]
  for (const [name, value, expected] of cases) t.strictSame(cellsOf(value), expected, name)
})

t.test('values inside a cell are shortened', async t => {
  const many = ints(...Array.from({ length: 21 }, (_, i) => i))
  const cases: [Value, string][] = [
    [strings('a', '', 'b'), '[a,,b]'],
    [many, `[${Array.from({ length: 20 }, (_, i) => i).join()},... 21 in all]`],
    [tuple(ints(1), trades), '[[1],<table of 3 rows, 3 columns>]'],
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

t.test('a table has a line for its names and a line per row; a null is empty', async t => {
  t.equal(all(csvText(trades)), 'sym,price,id\nA,1.5,1\nMSFT,,22\n,300,\n')
  t.equal(all(csvText(table({ a: ints(), b: strings() }))), 'a,b\n')
})

t.test('a scalar is printed bare, without quotes; no result is printed as nothing', async t => {
  for (const [value, text] of scalars) t.equal(all(csvText(value)), `${text}\n`, value.type)
  t.equal(all(csvText(undefined)), '')
})

t.test('all other forms are columns; labels take the place of names', async t => {
  t.equal(all(csvText({ form: 'pair', elements: ints(1, 5) })), '1\n5\n')
  t.equal(all(csvText(matrix)), ',x,y\nr,1,3\ns,2,\n')
})

t.test(
  'a lone empty field is quoted, and so is a field that a reader would trim or divide',
  async t => {
    t.equal(csvLine(['']), '""\n')
    t.equal(csvLine(['', '']), ',\n')
    t.equal(csvLine([' a', 'b ', 'c"d', 'e,f', 'g\nh']), '" a","b ","c""d","e,f","g\nh"\n')
  },
)

t.test('a csv reader reads back the same values', async () => {
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

t.test('a long table is printed in pieces, and completely', async t => {
  const pieces = [...inPieces(csvText(longTable(1234)))]
  t.equal(pieces.length, 3)
  t.equal(all(pieces).split('\n').length, 1234 + 2)
})

const hide = passwordHider('123456')
const stringsOfHideValue: Vector = {
  form: 'vector',
  type: 'STRING',
  length: 2,
  data: ['a', 'x123456y'],
}
const symbols: Vector = {
  form: 'vector',
  type: 'SYMBOL',
  length: 2,
  codes: Int32Array.of(1, 2),
  base: ['', '123456', 'b'],
}
const blobs: Vector = {
  form: 'vector',
  type: 'BLOB',
  length: 2,
  data: [Buffer.from([0xff, 0xfe]), Buffer.from('is 123456')],
}
const numbers: Vector = { form: 'vector', type: 'INT', length: 2, data: Int32Array.of(123456, 7) }
const tupleOfHideValue: Vector = {
  form: 'vector',
  type: 'ANY',
  length: 2,
  data: [text('123456'), int(1)],
}

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
  { form: 'table', name: '', rows: 2, columnNames: ['a'], columns: [symbols] },
  { form: 'table', name: '', rows: 2, columnNames: ['c123456'], columns: [stringsOfHideValue] },
]

t.test('a password is removed from every text of a value', t => {
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
  t.end()
})

t.test('numbers stay numbers, and a value without the password stays the same object', t => {
  const clean: readonly Value[] = [
    int(123456),
    numbers,
    text('12345'),
    { form: 'table', name: '', rows: 2, columnNames: ['n'], columns: [numbers] },
    { form: 'dictionary', keys: numbers, values: numbers },
    { ...blobs, length: 1, data: [Buffer.from([0xff])] },
  ]
  for (const value of clean) t.equal(hideInValue(value, hide), value)
  t.end()
})

const json = (value: Value | undefined): unknown => JSON.parse(all(jsonText(value)))

t.test('a row of a table is an object, a null is null', async t => {
  t.strictSame(json(trades), [
    { sym: 'A', price: 1.5, id: 1 },
    { sym: 'MSFT', price: null, id: 22 },
    { sym: null, price: 300, id: null },
  ])
})

t.test('a scalar becomes its value; numbers that JSON cannot hold become texts', async t => {
  for (const [value, , expected] of scalars) t.strictSame(json(value), expected, value.type)
  t.equal(json(undefined), null)
})

t.test('all other forms become arrays, or an object with their keys', async t => {
  t.strictSame(json({ form: 'pair', elements: ints(1, 5) }), [1, 5])
  t.strictSame(json({ form: 'set', elements: ints(1, 5) }), [1, 5])
  t.strictSame(json(matrix), [
    [1, 3],
    [2, null],
  ])
  t.strictSame(json(dictionary), {
    rows: 2,
    colDefs: json(trades),
    list: [1, null],
  })
  const numbered: Value = { form: 'dictionary', keys: ints(5), values: strings('a') }
  t.strictSame(json(numbered), { 5: 'a' })
})

t.test('an array column is an array in each row, a point two numbers', async t => {
  const array = vectorOf({ type: 'INT', array: true }, [[1, 2], null])
  t.strictSame(json(table({ a: array })), [{ a: [1, 2] }, { a: null }])
  t.strictSame(json(scalar({ type: 'POINT', value: [1.5, NaN] })), [1.5, 'NaN'])
})

t.test('the JSON contains no character on which a terminal would act', async () => {
  fc.assert(
    fc.property(fc.string({ unit: 'binary' }), text => {
      const line = all(jsonText(scalar({ type: 'STRING', value: text })))
      const back: unknown = JSON.parse(line)
      return (
        // eslint-disable-next-line no-control-regex -- a terminal acts on control characters
        (text === '' || back === text) && !/[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/.test(line)
      )
    }),
  )
})

t.test(
  'a long table is printed in pieces, and completely; a table without rows is an empty array',
  async t => {
    t.ok([...jsonText(longTable(1234))].length > 2)
    t.equal((json(longTable(1234)) as unknown[]).length, 1234)
    t.equal(all(jsonText(table({ a: ints() }))), '[]\n')
  },
)

t.test('a table is aligned, numbers right, with its row count', async t => {
  t.equal(
    all(tableText(trades, undefined)),
    ['sym   price  id', 'A       1.5   1', 'MSFT         22', '        300', '3 rows', ''].join(
      '\n',
    ),
  )
})

t.test('a terminal gets only complete columns, and a note about the rest', async t => {
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
  // eslint-disable-next-line no-control-regex -- a terminal acts on control characters
  t.notMatch(text, /[\u0000-\u0009\u000b-\u001f\u007f-\u009f]/)
  t.equal(text.split('\n')[1], 'x y')
})

t.test('a table without rows still shows its columns', async t => {
  t.equal(all(tableText(table({ a: ints(), b: strings() }), undefined)), 'a  b\n0 rows\n')
})

t.test('a value with one cell is printed bare; no result is printed as nothing', async t => {
  for (const [value, text] of scalars) t.equal(all(tableText(value, 80)), `${text}\n`, value.type)
  t.equal(all(tableText({ form: 'pair', elements: ints(1, 5) }, 80)), '1 : 5\n')
  t.equal(all(tableText(undefined, 80)), '')
})

t.test('all other forms are columns with the number of their elements', async t => {
  const set: Value = { form: 'set', elements: ints(1, 5) }
  t.equal(all(tableText(set, 80)), '1\n5\n2 elements\n')
  t.equal(all(tableText(ints(7), 80)), '7\n1 element\n')
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
})

t.test('with colours, names are bold and the count is dim', async t => {
  const text = all(tableText(table({ a: ints(1) }), 80, (style, part) => `<${style} ${part}>`))
  t.equal(text, '<bold a>\n1\n<dim 1 row>\n')
})
