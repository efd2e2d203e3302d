/*
  Text files of the server's own machine into tables (docs/server-semantics.md#text-of-values). Whoever may read them could
  read any file of whoever started the server: administrators only.
*/
import { parse } from 'csv-parse/sync'
import {
  columnTypeText,
  parseColumnType,
  type ColumnType,
  type DataType,
} from '../../../protocol/data-type.js'
import type { Files } from '../../../platform/platform.js'
import type { Column } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation } from '../../values/builtin.js'
import { ScriptError } from '../../script-error.js'
import { stringVector } from '../../values/scalar.js'
import type { ServerValue } from '../../values/server-value.js'
import { columnTexts } from '../../columns/column-layout.js'
import { castValue } from '../../operators/cast.js'
import { createStoredTable, databaseAt } from '../../tables/dfs-database.js'
import { insertTable } from '../../tables/insert-values.js'
import { createTable } from '../../tables/memory-table.js'
import { checkWrite } from '../../tables/privileges.js'
import type { ServerTable } from '../../tables/server-table.js'
import { checkTransactionSize, inTransaction } from '../../tables/transactions.js'
import { weighRows } from '../../values/request-memory.js'
import {
  builtin,
  databaseArgument,
  integerArgument,
  isAbsent,
  textArgument,
  textsArgument,
} from '../arguments.js'
import { tableOfColumns } from '../result-table.js'

/** A file is read and divided in one go, so there is a limit. */
const maxFileBytes = 67_108_864

/** A table in memory. */
const loadText = builtin(
  'loadText(filename, [delimiter], [schema], [skipRows])',
  (context, args) => readTable(context, args),
  { adminOnly: true },
)

/** Other name of loadText here: the table is not divided. */
const ploadText: Builtin = { ...loadText, name: 'ploadText' }

export const loadTextFunctions: readonly Builtin[] = [
  loadText,
  ploadText,

  /**
   * The table
   * in the database, which is made when it is not there.
   */
  builtin(
    'loadTextEx(dbHandle, tableName, partitionColumns, filename, [delimiter], [schema], [skipRows], [transform])',
    function* (context, [database, name, partitionColumns, ...source]) {
      const handle = databaseArgument(context, database)
      const tableName = textArgument(name, 'tableName')
      const read = yield* readTable(context, source)
      const rows = yield* transformed(context, read, source[4])
      const existing = databaseAt(context.node, handle.path).tables.get(tableName)
      const table =
        existing ??
        createStoredTable(context.node, context.session, handle, rows, tableName, {
          partitionColumns: textsArgument(partitionColumns, 'partitionColumns'),
          compressMethods: new Map(),
          sortColumns: [],
          keepDuplicates: 'ALL',
        })
      checkWrite(context, table)
      checkTransactionSize(context.node, table, weighRows(rows))
      const columns = rows.columnNames.map((_, index) => rows.column(index))
      const written = inTransaction(context, table, { columns, rows: rows.rows }, () =>
        insertTable(table, rows),
      )
      if (typeof written !== 'number') yield* written
      return table
    },
    { adminOnly: true },
  ),

  /** A table of name and type. */
  builtin(
    'extractTextSchema(filename, [delimiter], [skipRows])',
    function* (context, [filename, delimiter, skipRows]) {
      const table = yield* readTable(context, [filename, delimiter, undefined, skipRows])
      return tableOfColumns({
        name: stringVector([...table.columnNames]),
        type: stringVector(table.columnTypes.map(columnTypeText)),
      })
    },
    { adminOnly: true },
  ),
]

function* readTable(
  context: CallContext,
  [filename, delimiter, schema, skipRows]: readonly (ServerValue | undefined)[],
): Evaluation<ServerTable> {
  const path = textArgument(filename, 'filename')
  const given = schemaArgument(schema)
  const bytes = (yield { until: readFile(context.node.files, path) }) as Uint8Array
  // Its texts, and then its columns.
  context.memory.make(3 * bytes.length)
  const records = divide(bytes, isAbsent(delimiter) ? ',' : textArgument(delimiter, 'delimiter'))
  const lines = records.slice(integerArgument(skipRows, 'skipRows', 0))
  const [first] = lines
  if (first === undefined) throw new ScriptError(`The file [${path}] is empty.`)
  const hasHeader = !first.some(field => /^\d/.test(field))
  const rows = hasHeader ? lines.slice(1) : lines
  const names = given?.names ?? first.map((field, at) => (hasHeader ? nameOf(field) : `col${at}`))
  const columns = names.map((_, at) => {
    const texts = rows.map(fields => (fields[at] ?? '').trim())
    const type = given?.types[at] ?? { type: typeOfTexts(texts) }
    return columnOf(type, texts)
  })
  const types = columns.map(({ type }) => type)
  return createTable('basic', names, types, { columns: columns.map(({ column }) => column) })
}

async function readFile(files: Files, path: string): Promise<Uint8Array> {
  try {
    const { isFile, sizeBytes } = await files.status(path)
    if (!isFile) throw new Error('not a file')
    if (sizeBytes > maxFileBytes) throw new Error(`larger than ${maxFileBytes} bytes`)
    const bytes = new Uint8Array(sizeBytes)
    const file = await files.open(path)
    try {
      let filled = 0
      for (;;) {
        const count = await file.read(bytes, filled, sizeBytes - filled)
        filled += count
        if (count === 0 || filled === sizeBytes) return bytes.subarray(0, filled)
      }
    } finally {
      await file.close()
    }
  } catch (cause) {
    const reason = cause instanceof Error ? cause.message : String(cause)
    throw new ScriptError(`Failed to open file [${path}]: ${reason}`)
  }
}

function divide(bytes: Uint8Array, delimiter: string): string[][] {
  try {
    return parse(Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length), {
      delimiter,
      bom: true,
      relax_column_count: true,
      skip_empty_lines: true,
    })
  } catch (cause) {
    throw new ScriptError(cause instanceof Error ? cause.message : String(cause))
  }
}

/** Columns are called what a name may be: other signs become `_`, and what does not begin with a letter gets a `c`. */
function nameOf(field: string): string {
  const name = field.trim().replaceAll(/[^\p{L}\p{N}_]/gu, '_')
  return /^\p{L}/u.test(name) ? name : `c${name}`
}

function columnOf(
  type: ColumnType,
  texts: readonly string[],
): { type: ColumnType; column: Column } {
  const written = texts.map(text => literalText(type.type, text))
  const column = castValue(stringVector(written), type)
  if (column.form === 'vector' || column.form === 'arrayVector') return { type, column }
  throw new ScriptError(`A column of type ${columnTypeText(type)} cannot be read from text.`)
}

interface Schema {
  names: readonly string[]
  types: readonly ColumnType[]
}

/** A table with the columns name and type. */
function schemaArgument(value: ServerValue | undefined): Schema | undefined {
  if (isAbsent(value)) return undefined
  const [names, types] =
    value.form === 'serverTable' ? ['name', 'type'].map(name => textsIn(value, name)) : []
  if (names === undefined || types === undefined) {
    throw new ScriptError('The argument [schema] must be a table with the columns name and type.')
  }
  return {
    names,
    types: types.map(text => {
      const type = parseColumnType(text)
      if (type === undefined) throw new ScriptError(`The data type [${text}] does not exist.`)
      return type
    }),
  }
}

function textsIn(table: ServerTable, name: string): readonly string[] | undefined {
  const index = table.columnNames.indexOf(name)
  return index < 0 ? undefined : columnTexts(table.column(index))?.slice(0, table.rows)
}

function* transformed(
  context: CallContext,
  table: ServerTable,
  transform: ServerValue | undefined,
): Evaluation<ServerTable> {
  if (isAbsent(transform)) return table
  const value = transform.form === 'function' ? yield* context.call(transform, [table]) : transform
  if (value.form === 'serverTable') return value
  throw new ScriptError(
    transform.form === 'function'
      ? 'The argument [transform] must answer a table.'
      : 'The argument [transform] must be a function.',
  )
}

const intMax = 2 ** 31 - 1
const longMax = 2n ** 63n - 1n

/** Of a text that is not empty; the first that fits. */
const patterns: readonly (readonly [DataType, RegExp])[] = [
  ['DATE', /^\d{4}[-./]\d{1,2}[-./]\d{1,2}$/],
  ['MONTH', /^\d{4}\.\d{2}M$/],
  ['MINUTE', /^\d{1,2}:\d{2}m?$/],
  ['SECOND', /^\d{1,2}:\d{2}:\d{2}$/],
  ['TIME', /^\d{1,2}:\d{2}:\d{2}\.\d{3}$/],
  ['NANOTIME', /^\d{1,2}:\d{2}:\d{2}\.\d{9}$/],
  ['DATETIME', /^\d{4}[-./]\d{2}[-./]\d{2}[ T]\d{2}:\d{2}:\d{2}$/],
  ['TIMESTAMP', /^\d{4}[-./]\d{2}[-./]\d{2}[ T]\d{2}:\d{2}:\d{2}\.\d{3}$/],
  ['NANOTIMESTAMP', /^\d{4}[-./]\d{2}[-./]\d{2}[ T]\d{2}:\d{2}:\d{2}\.\d{9}$/],
  ['DOUBLE', /^[+-]?(?:\d+\.?\d*|\.\d+)(?:[eE][+-]?\d+)?$/],
]

/** The narrowest type that takes every text; SYMBOL where nothing else does. */
export function typeOfTexts(texts: readonly string[]): DataType {
  let type: DataType | undefined
  for (const text of texts) {
    if (text === '') continue
    type = joined(type, typeOfText(text))
    if (type === 'SYMBOL') break
  }
  return type ?? 'SYMBOL'
}

/** As the server's own literals are written. */
export function literalText(type: DataType, text: string): string {
  const [, date, rest = ''] = /^(\d{4}[-./]\d{1,2}[-./]\d{1,2})(?:[ T](.*))?$/.exec(text) ?? []
  if (date === undefined || type === 'SYMBOL' || type === 'STRING') return text
  const [year, month, day] = date.split(/[-./]/)
  const day8 = `${year!}.${month!.padStart(2, '0')}.${day!.padStart(2, '0')}`
  return rest === '' ? day8 : `${day8}T${rest}`
}

function typeOfText(text: string): DataType {
  if (/^[+-]?\d+$/.test(text)) {
    if (Math.abs(Number(text)) <= intMax) return 'INT'
    const value = BigInt(text.replace('+', ''))
    return value <= longMax && value >= -longMax ? 'LONG' : 'DOUBLE'
  }
  return patterns.find(([, pattern]) => pattern.test(text))?.[0] ?? 'SYMBOL'
}

const numeric: readonly DataType[] = ['INT', 'LONG', 'DOUBLE']

function joined(known: DataType | undefined, next: DataType): DataType {
  if (known === undefined || known === next) return next
  const [a, b] = [numeric.indexOf(known), numeric.indexOf(next)]
  return a < 0 || b < 0 ? 'SYMBOL' : numeric[Math.max(a, b)]!
}
