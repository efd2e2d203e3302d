/* The table of DolphinDB's chapter on asynchronous writing, whose encoding and decoding the benchmarks measure. The same number of rows
   gives the same values in every process. */
const symbols = ['', 'IBN', 'GTYU', 'FHU', 'DGT', 'YUG', 'EE', 'ZD', 'FYU']
const symbolCode = row => 1 + (row % (symbols.length - 1))
const listOf = (length, make) => Array.from({ length }, (_, row) => make(row))

/** Elements of fixed size with arbitrary values, because values make no difference to a codec. */
function fixed(type, rows, { emptyVector, parseColumnType }) {
  const { data, ...empty } = emptyVector(parseColumnType(type), rows)
  const isBig = data instanceof BigInt64Array
  for (let at = 0; at < rows; at++) data[at] = isBig ? 1_577_957_400_000n + BigInt(at) : at % 10
  return { ...empty, data, length: rows }
}

/** Ways to hold the column `sym`. A SYMBOL column `from texts` has no codes yet: `texts` instead of codes and base. */
const symColumns = {
  trades: rows => ({
    ...{ type: 'SYMBOL', base: symbols },
    codes: Int32Array.from(listOf(rows, symbolCode)),
  }),
  'trades from texts': rows => ({
    ...{ type: 'SYMBOL', texts: listOf(rows, row => symbols[symbolCode(row)]) },
  }),
  'trades, sym STRING': rows => ({
    ...{ type: 'STRING', data: listOf(rows, row => symbols[symbolCode(row)]) },
  }),
}

export const tableNames = Object.keys(symColumns)

/** @param name  one of `tableNames` @param internals  from `writeInternals` */
export function makeTable(name, rows, internals) {
  const [time, price, id] = ['TIMESTAMP', 'DOUBLE', 'INT'].map(type => fixed(type, rows, internals))
  const sym = { form: 'vector', length: rows, ...symColumns[name](rows) }
  const columnNames = ['time', 'sym', 'price', 'id']
  return { form: 'table', name: '', rows, columnNames, columns: [time, sym, price, id] }
}
