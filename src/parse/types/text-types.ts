/*
  SYMBOL, STRING and BLOB in text. An empty text is null. JSON numbers and booleans are stored as their JSON text.
*/
import { BlobColumn } from '../columns/blob-column.js'
import { StringColumn } from '../columns/string-column.js'
import { SymbolColumn } from '../columns/symbol-column.js'
import { jsonKinds } from '../json/json-kinds.js'
import { symbolColumn, textColumn } from '../rows/value-columns.js'
import type { CellType } from './cell-type.js'

const textKinds = jsonKinds.string | jsonKinds.number | jsonKinds.boolean

const symbol: CellType = {
  name: 'SYMBOL',
  keepsBlanks: true,
  takesNames: true,
  jsonKinds: textKinds,
  hasArrays: false,
  values: ({ capacity, maxBytes }) => symbolColumn(capacity, maxBytes),
  column: ({ columnIndex, pool, maxBytes }) =>
    new SymbolColumn(
      (codes, base, length) => ({ form: 'vector', type: 'SYMBOL', length, codes, base }),
      columnIndex,
      pool,
      maxBytes,
    ),
}

const string: CellType = {
  name: 'STRING',
  keepsBlanks: true,
  takesNames: true,
  jsonKinds: textKinds,
  hasArrays: false,
  values: ({ capacity, maxBytes }) => textColumn(capacity, maxBytes),
  column: ({ columnIndex, pool, maxBytes }) =>
    new StringColumn(
      (encoded, length) => ({ form: 'vector', type: 'STRING', length, encoded }),
      columnIndex,
      pool,
      maxBytes,
    ),
}

const blob: CellType = {
  name: 'BLOB',
  keepsBlanks: true,
  takesNames: true,
  jsonKinds: textKinds,
  hasArrays: false,
  column: ({ columnIndex, pool, maxBytes }) =>
    new BlobColumn(
      (encoded, length) => ({ form: 'vector', type: 'BLOB', length, encoded }),
      columnIndex,
      pool,
      maxBytes,
    ),
}

export const textTypes: readonly CellType[] = [symbol, string, blob]
