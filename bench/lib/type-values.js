/*
  The values that bench/types.js encodes and decodes: a column of every type, and the table of DolphinDB's chapter on asynchronous
  writing. The same number of rows gives the same values in every process.
*/
import { emptyVector, parseColumnType } from './internals.js'

const symbols = ['', 'IBN', 'GTYU', 'FHU', 'DGT', 'YUG', 'EE', 'ZD', 'FYU']
const firstMs = 1_577_957_400_000n
const cellsPerRow = 5

const numericTypes = [
  ...['BOOL', 'CHAR', 'SHORT', 'INT', 'LONG', 'FLOAT', 'DOUBLE'],
  ...['DATE', 'MONTH', 'TIME', 'MINUTE', 'SECOND', 'DATETIME', 'TIMESTAMP'],
  ...['NANOTIME', 'NANOTIMESTAMP', 'DATEHOUR', 'DATEMINUTE'],
  ...['DECIMAL32(2)', 'DECIMAL64(4)', 'DECIMAL128(10)'],
]
const otherFixedTypes = ['UUID', 'IPADDR', 'INT128', 'COMPLEX', 'POINT', 'DURATION']
const arrayTypes = ['INT[]', 'DOUBLE[]']

const listOf = (rows, make) => Array.from({ length: rows }, (_, row) => make(row))
const symbolCode = row => 1 + (row % (symbols.length - 1))

/** Fills elements of fixed size with arbitrary values, because values make no difference to a codec. */
function fill(data) {
  const isBig = data instanceof BigInt64Array
  for (let at = 0; at < data.length; at++) data[at] = isBig ? firstMs + BigInt(at) : at % 10
  return data
}

function fixedColumn(typeText, rows) {
  const column = emptyVector(parseColumnType(typeText), rows)
  if (column.type === 'BOOL') column.data.fill(1)
  else fill(column.data)
  return { ...column, length: rows }
}

function arrayColumn(typeText, rows) {
  const cells = fixedColumn(typeText.slice(0, -2), rows * cellsPerRow)
  const offsets = Uint32Array.from({ length: rows + 1 }, (_, row) => row * cellsPerRow)
  return { form: 'arrayVector', length: rows, offsets, cells }
}

const columnOf = (type, rows, members) => ({ form: 'vector', type, length: rows, ...members })

const symbolColumn = rows =>
  columnOf('SYMBOL', rows, {
    codes: Int32Array.from({ length: rows }, (_, row) => symbolCode(row)),
    base: symbols,
  })

const symbolTexts = rows => listOf(rows, row => symbols[symbolCode(row)])

/** A SYMBOL column whose texts have no codes yet: `texts` instead of codes and base. */
const unnumberedColumn = rows => columnOf('SYMBOL', rows, { texts: symbolTexts(rows) })

function trades(rows, sym) {
  const columns = [
    fixedColumn('TIMESTAMP', rows),
    sym,
    fixedColumn('DOUBLE', rows),
    fixedColumn('INT', rows),
  ]
  const columnNames = ['time', 'sym', 'price', 'id']
  return { form: 'table', name: '', rows, columnNames, columns }
}

const texts = make => rows => columnOf('STRING', rows, { data: listOf(rows, make) })

const blobs = rows =>
  columnOf('BLOB', rows, {
    data: listOf(rows, row => new Uint8Array(Buffer.from(`{"order":${1e6 + row}}`))),
  })

const stringTrades = rows => trades(rows, columnOf('STRING', rows, { data: symbolTexts(rows) }))

const fixed = (kind, types) =>
  types.map(type => [type, { kind, make: rows => fixedColumn(type, rows) }])

/** By name: `kind` (`numeric`, `other` or `table`), and `make`, which makes a value with the given number of rows. */
export const typeValues = new Map([
  ...fixed('numeric', numericTypes),
  ...fixed('other', otherFixedTypes),
  ['SYMBOL', { kind: 'other', make: symbolColumn }],
  ['SYMBOL from texts', { kind: 'other', make: unnumberedColumn }],
  ['STRING of 3', { kind: 'other', make: texts(row => `${100 + (row % 900)}`) }],
  ['STRING of 24', { kind: 'other', make: texts(row => `order ${1e6 + row}, from cold`) }],
  ['STRING in Chinese', { kind: 'other', make: texts(row => `订单 ${1e6 + row} 已成交`) }],
  ['BLOB', { kind: 'other', make: blobs }],
  ...arrayTypes.map(type => [type, { kind: 'other', make: rows => arrayColumn(type, rows) }]),
  ['trades', { kind: 'table', make: rows => trades(rows, symbolColumn(rows)) }],
  ['trades from texts', { kind: 'table', make: rows => trades(rows, unnumberedColumn(rows)) }],
  ['trades, sym STRING', { kind: 'table', make: stringTrades }],
])
