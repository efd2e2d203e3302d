/*
  Functions that insert rows into tables (docs/server-semantics.md#inserting).
*/
import { columnTypeOf, concatColumns } from '../../../protocol/element.js'
import type { Column, Value } from '../../../protocol/value.js'
import type { Builtin, CallContext, Evaluation, ServerValue } from '../../values/server-value.js'
import { firstReleases } from '../../release.js'
import { ScriptError } from '../../script-error.js'
import { intScalar } from '../../values/scalar.js'
import { columnOfScalar, convertColumn } from '../../columns/convert-column.js'
import { discardedRows, insertTable, insertValues } from '../../tables/insert-values.js'
import { columnIndex } from '../../tables/memory-table.js'
import { columnCountError } from '../../tables/prepare.js'
import type { ServerTable, UpsertCount } from '../../tables/server-table.js'
import { booleanArgument, builtin, isAbsent, tableArgument, textsArgument } from '../arguments.js'
import { checkWrite } from '../../tables/privileges.js'
import { type WrittenRows, checkTransactionSize, inTransaction } from '../../tables/transactions.js'

/** Appends rows or elements to obj, and returns obj (docs/server-semantics.md#append). */
const append = builtin(
  'append!(obj, newData)',
  (context, [target, addition]) => {
    if (target?.form === 'vector' || target?.form === 'arrayVector') {
      return appendToVector(target, addition)
    }
    const table = writable(context, target)
    if (addition?.form !== 'serverTable') {
      throw new ScriptError('append!(obj, newData). newData must be a table when obj is a table.')
    }
    if (discardedRows(context, table, [addition]) !== undefined) return table
    checkTransactionSize(context.node, table, [addition])
    return inTransaction(context, table, writtenRows([addition]), () => {
      insertTable(table, addition)
      return table
    })
  },
  { mutatesFirst: true },
)

/** Returns obj (docs/server-semantics.md#upsert-and-tableupsert). */
const upsert = builtin(
  'upsert!(obj, newData, [ignoreNull], [keyColNames], [sortColumns])',
  (context, args) => {
    const table = writable(context, args[0], 'UPDATE')
    return upsertRows(context, table, args, () => table)
  },
  { mutatesFirst: true },
)

/** tableUpsert(…) returns a LONG pair inserted:updated (DolphinDB manual, page tableUpsert). */
const tableUpsert: Builtin = {
  ...upsert,
  name: 'tableUpsert',
  since: firstReleases.tableUpsert,
  call: (context, args) =>
    upsertRows(context, writable(context, args[0], 'UPDATE'), args, ({ inserted, updated }) => {
      const data = BigInt64Array.of(BigInt(inserted), BigInt(updated))
      return { form: 'pair', elements: { form: 'vector', type: 'LONG', length: 2, data } }
    }),
}

export const insertFunctions: readonly Builtin[] = [
  /** Returns an INT, the number of rows that the table really took (docs/server-semantics.md#tableinsert). */
  builtin(
    'tableInsert(table, values, ...rest)',
    (context, [target, ...values]) => {
      const table = writable(context, target)
      const { node, session } = context
      const [first] = values
      const fault = node.faults.beforeWrite?.({
        sessionId: session.id,
        table: table.sharedName,
        rows: first?.form === 'serverTable' ? first.rows : 0,
      })
      if (fault === 'drop') return intScalar(0)
      const insert = (): ServerValue | Evaluation<ServerValue> => insertInto(context, table, values)
      if (fault === undefined) return insert()
      if ('until' in fault) return afterWait(fault.until, insert)
      throw new ScriptError(fault.error)
    },
    { mutatesFirst: true },
  ),
  append,
  upsert,
  tableUpsert,
]

function insertInto(
  context: CallContext,
  table: ServerTable,
  values: readonly (ServerValue | undefined)[],
): ServerValue | Evaluation<ServerValue> {
  const present = presentValues(values)
  const discarded = discardedRows(context, table, present)
  if (discarded !== undefined) return intScalar(discarded)
  checkTransactionSize(context.node, table, present)
  return inTransaction(context, table, writtenRows(present), () =>
    intScalar(insertValues(table, present)),
  )
}

function* afterWait(
  until: Promise<unknown>,
  insert: () => ServerValue | Evaluation<ServerValue>,
): Evaluation<ServerValue> {
  yield { until }
  const inserted = insert()
  return 'form' in inserted ? inserted : yield* inserted
}

/**
 * The table, if the user may write to it. For an upsert, the right to update suffices; the right to insert is not
 * needed (tests of the Python client).
 */
function writable(
  context: CallContext,
  target: ServerValue | undefined,
  change: 'INSERT' | 'UPDATE' = 'INSERT',
): ServerTable {
  const table = tableArgument(context, target)
  checkWrite(context, table, change)
  return table
}

function presentValues(values: readonly (ServerValue | undefined)[]): ServerValue[] {
  return values.map((value, index) => {
    if (value !== undefined) return value
    throw new ScriptError(`Argument ${index + 2} of tableInsert must not be empty.`)
  })
}

/** Converts the addition to the type of `target` and appends it in place, because variables refer to `target`. */
function appendToVector(target: Column, addition: ServerValue): ServerValue {
  const more = convertColumn(additionOf(target, addition), columnTypeOf(target))
  return Object.assign(target, concatColumns(target, more))
}

function additionOf(target: Column, addition: ServerValue): Column {
  // A tuple takes the addition as one element (configuration appendTupleAsAWhole, on by default).
  const isTuple = target.form === 'vector' && target.type === 'ANY'
  if (isTuple && isWireValue(addition)) {
    return { form: 'vector', type: 'ANY', length: 1, data: [addition] }
  }
  if (addition.form === 'scalar') return columnOfScalar(addition)
  if (addition.form === 'arrayVector') return addition
  if (addition.form === 'vector') {
    const isOneRow = target.form === 'arrayVector' && addition.type !== 'ANY'
    return isOneRow ? { form: 'vector', type: 'ANY', length: 1, data: [addition] } : addition
  }
  throw new ScriptError(`append!(obj, newData). newData can't be a ${addition.form}.`)
}

function isWireValue(value: ServerValue): value is Extract<ServerValue, Value> {
  return ['scalar', 'vector', 'arrayVector', 'pair', 'matrix', 'set'].includes(value.form)
}

function upsertRows(
  context: CallContext,
  table: ServerTable,
  [, newData, ignoreNull, keyColNames, sortColumns]: readonly (ServerValue | undefined)[],
  answer: (count: UpsertCount) => ServerValue,
): ServerValue | Evaluation<ServerValue> {
  if (newData?.form !== 'serverTable') {
    throw new ScriptError('upsert!(obj, newData). newData must be a table.')
  }
  if (table.kind !== 'dfs' && (table.keyColumns.length === 0 || table.kind === 'keyedStream')) {
    throw new ScriptError(
      'The first argument of upsert! must be a keyed, an indexed or a DFS table.',
    )
  }
  if (!isAbsent(sortColumns)) {
    throw new ScriptError(
      'The embedded server keeps rows in order of arrival: sortColumns is not supported.',
    )
  }
  if (newData.columnNames.length !== table.columnNames.length) throw columnCountError(table)
  const isPrimaryKey = table.stored?.engine === 'PKEY'
  if (isPrimaryKey && !(isAbsent(ignoreNull) && isAbsent(keyColNames))) {
    throw new ScriptError('PKEY tables take neither ignoreNull nor keyColNames nor sortColumns.')
  }
  const keyNames = isPrimaryKey
    ? table.stored.sortColumns
    : textsArgument(keyColNames, 'keyColNames')
  const keyColumns = keyNames.map(name => columnIndex(table, name))
  if (table.kind === 'dfs' && table.keyColumns.length === 0 && keyColumns.length === 0) {
    throw new ScriptError('The argument [keyColNames] must be specified for a DFS table.')
  }
  const discarded = discardedRows(context, table, [newData])
  if (discarded !== undefined) return answer({ inserted: discarded, updated: 0 })
  checkTransactionSize(context.node, table, [newData])
  const written = writtenRows([newData])
  const options = { keyColumns, ignoreNull: booleanArgument(ignoreNull, 'ignoreNull', false) }
  return inTransaction(context, table, written, () =>
    answer(table.upsert(written.columns, written.rows, options)),
  )
}

/** The rows of a table argument, for a transaction; none for other arguments, because DFS tables accept only tables. */
function writtenRows([source]: readonly ServerValue[]): WrittenRows {
  if (source?.form !== 'serverTable') return { columns: [], rows: 0 }
  return {
    columns: source.columnNames.map((_, index) => source.column(index)),
    rows: source.rows,
  }
}
