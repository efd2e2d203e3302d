/*
  What the benchmarks of single types read, encode and decode: texts for every type that can be read from text, and values of every
  type. The same number of rows gives the same values in every process.
*/
const two = number => String(number).padStart(2, '0')
const date = i => `20${two(i % 30)}.${two(1 + (i % 12))}.${two(1 + (i % 28))}`
const time = i => `${two(i % 24)}:${two(i % 60)}:${two((i * 7) % 60)}`
const digits = (i, length) => String((i * 997) % 10 ** length).padStart(length, '0')
const hex = i =>
  [1, 3, 5, 7]
    .map(factor => Math.imul(i + factor, 0x9e3779b1) >>> 0)
    .map(word => word.toString(16).padStart(8, '0'))
    .join('')
const uuid = i => hex(i).replace(/^(.{8})(.{4})(.{4})(.{4})/, '$1-$2-$3-$4-')

/** Text of row `i` in the most common spelling of files, by type. Some types have a kind of text in brackets. */
export const cellTexts = new Map([
  ['BOOL', i => (i % 2 === 0 ? 'true' : 'false')],
  ['CHAR', i => String(i % 127)],
  ['SHORT', i => String(i % 32_000)],
  ['INT', i => String((i * 7919) % 2_000_003)],
  ['LONG', i => String(i * 7919 + 1e12)],
  ['FLOAT', i => (i * 0.37).toFixed(2)],
  ['DOUBLE', i => (i * 0.37).toFixed(2)],
  ['DOUBLE [17 digits]', i => String(i * 0.1234567891234)],
  ['DOUBLE [exponent]', i => (i * 0.1234567891234).toExponential()],
  ['DATE', date],
  ['MONTH', i => `${date(i).slice(0, 7)}M`],
  ['TIME', i => `${time(i)}.${digits(i, 3)}`],
  ['MINUTE', i => `${time(i).slice(0, 5)}m`],
  ['SECOND', time],
  ['DATETIME', i => `${date(i)}T${time(i)}`],
  ['TIMESTAMP', i => `${date(i)}T${time(i)}.${digits(i, 3)}`],
  ['TIMESTAMP [offset]', i => `${date(i)}T${time(i)}.${digits(i, 3)}Z`],
  ['NANOTIME', i => `${time(i)}.${digits(i, 9)}`],
  ['NANOTIMESTAMP', i => `${date(i)}T${time(i)}.${digits(i, 9)}`],
  ['DATEHOUR', i => `${date(i)}T${two(i % 24)}`],
  ['SYMBOL', i => `SYM${i % 1000}`],
  ['STRING', i => `text ${i}`],
  ['BLOB', i => `text ${i}`],
  ['UUID', uuid],
  ['INT128', hex],
  ['IPADDR', i => `10.${i % 250}.${(i >> 8) & 255}.${i & 255}`],
  ['IPADDR [IPv6]', i => `2001:db8::${(i & 65_535).toString(16)}:${(i >> 8).toString(16)}`],
  ['COMPLEX', i => `${i / 8}+${i % 100}.5i`],
  ['POINT', i => `"(${i / 8}, ${i % 100}.5)"`],
  ['DURATION', i => `${i % 1000}ms`],
  ['DECIMAL32(2)', i => (i * 0.37).toFixed(2)],
  ['DECIMAL64(4)', i => (i * 12.3756).toFixed(4)],
  ['DECIMAL64(4) [exponent]', i => `${i}e-2`],
  ['DECIMAL128(10)', i => (i * 12.3756).toFixed(10)],
  ['INT[]', i => `"${i % 1000},${i % 77}"`],
  ['DOUBLE[]', i => `"${(i * 0.37).toFixed(2)}"`],
])

const symbols = ['', 'IBN', 'GTYU', 'FHU', 'DGT', 'YUG', 'EE', 'ZD', 'FYU']
const symbolCode = row => 1 + (row % (symbols.length - 1))
const listOf = (length, make) => Array.from({ length }, (_, row) => make(row))
const vector = (type, length, members) => ({ form: 'vector', type, length, ...members })
const vectorOf = (type, make) => rows => vector(type, rows, { data: listOf(rows, make) })

/** Elements of fixed size with arbitrary values, because values make no difference to a codec. */
const fixed = type =>
  function column(rows, { emptyVector, parseColumnType }) {
    const { data, ...empty } = emptyVector(parseColumnType(type), rows)
    const isBig = data instanceof BigInt64Array
    for (let at = 0; at < data.length; at++) {
      data[at] = isBig ? 1_577_957_400_000n + BigInt(at) : type === 'BOOL' ? 1 : at % 10
    }
    return { ...empty, data, length: rows }
  }

const array = (type, perRow = 5) =>
  function column(rows, internals) {
    const offsets = Uint32Array.from({ length: rows + 1 }, (_, row) => row * perRow)
    const cells = fixed(type)(rows * perRow, internals)
    return { form: 'arrayVector', length: rows, offsets, cells }
  }

const codedSymbols = rows =>
  vector('SYMBOL', rows, { codes: Int32Array.from(listOf(rows, symbolCode)), base: symbols })

/** A SYMBOL column whose texts have no codes yet: `texts` instead of codes and base. */
const textSymbols = rows =>
  vector('SYMBOL', rows, { texts: listOf(rows, row => symbols[symbolCode(row)]) })

/** The table of DolphinDB's chapter on asynchronous writing. */
const trades = sym =>
  function table(rows, internals) {
    const makers = [fixed('TIMESTAMP'), sym, fixed('DOUBLE'), fixed('INT')]
    const columns = makers.map(make => make(rows, internals))
    return { form: 'table', name: '', rows, columnNames: ['time', 'sym', 'price', 'id'], columns }
  }

/** Types of fixed size; of those up to DECIMAL128, encoding has a bar. */
const numericTypes =
  'BOOL CHAR SHORT INT LONG FLOAT DOUBLE DATE MONTH TIME MINUTE SECOND DATETIME TIMESTAMP NANOTIME NANOTIMESTAMP ' +
  'DATEHOUR DATEMINUTE DECIMAL32(2) DECIMAL64(4) DECIMAL128(10)'
const otherTypes = 'UUID IPADDR INT128 COMPLEX POINT DURATION'

/** Names a kind (`numeric`, `other`, `table`), and for each name of this kind what makes a value with a number of rows from internals. */
export const typeValues = {
  numeric: Object.fromEntries(numericTypes.split(' ').map(type => [type, fixed(type)])),
  other: {
    ...Object.fromEntries(otherTypes.split(' ').map(type => [type, fixed(type)])),
    SYMBOL: codedSymbols,
    'SYMBOL from texts': textSymbols,
    'STRING of 3': vectorOf('STRING', row => `${100 + (row % 900)}`),
    'STRING of 24': vectorOf('STRING', row => `order ${1e6 + row}, from cold`),
    'STRING in Chinese': vectorOf('STRING', row => `订单 ${1e6 + row} 已成交`),
    BLOB: vectorOf('BLOB', row => new Uint8Array(Buffer.from(`{"order":${1e6 + row}}`))),
    'INT[]': array('INT'),
    'DOUBLE[]': array('DOUBLE'),
  },
  table: {
    trades: trades(codedSymbols),
    'trades from texts': trades(textSymbols),
    'trades, sym STRING': trades(vectorOf('STRING', row => symbols[symbolCode(row)])),
  },
}
