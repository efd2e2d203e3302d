/* The target of a run: a shared table, a DFS table or a function, and the DolphinDB expressions that name it. This file checks every name
   before the name can enter a script; no other code in `load/` builds script text from names. */
import { UsageError, option, usageError } from '../../errors.js'
import { isIdentifier, isPlainName } from '../../schema/field-names.js'
import { schemaFromTypes } from '../../schema/target-schema.js'
import type { Method, TargetOptions } from '../options.js'
import { checkTransform } from './transform.js'
import { toValue, type PlainInput } from '../../client/plain-input.js'
import type { Value } from '../../protocol/value.js'

export type TableTarget =
  { kind: 'shared'; name: string } | { kind: 'dfs'; database: string; table: string }

export type Target =
  | {
      kind: 'table'
      table: TableTarget
      method: Method
      keyColumns: readonly string[]
      /** Text of the function that turns each batch into the rows to write. */
      transform?: string | undefined
    }
  | {
      kind: 'function'
      name: string
      functionArguments: readonly Value[]
      confirmTable: TableTarget | undefined
      /** Whether the function may store fewer rows than it is given. */
      mayDrop: boolean
    }

/** Whether rows of the target may have other values than those sent. */
export const mayChangeValues = ({ transform, function: view }: TargetOptions): boolean =>
  (transform ?? view) !== undefined

/** Whether rows are changed on the server before they are written. */
export const hasTransform = ({ target }: { readonly target: Target }): boolean =>
  target.kind === 'table' && target.transform !== undefined

/** The table to count and to search: the target, or the table that the user has named for a function. */
export function watchedTable({ target }: { readonly target: Target }): TableTarget | undefined {
  return target.kind === 'function' ? target.confirmTable : target.table
}

const functionName =
  /^[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*(::[A-Za-z\u4e00-\u9fff][A-Za-z0-9_\u4e00-\u9fff]*)*!?$/
const databasePath =
  /^dfs:\/\/[A-Za-z0-9_\u4e00-\u9fff][A-Za-z0-9_.\-\u4e00-\u9fff]*(\/[A-Za-z0-9_.\-\u4e00-\u9fff]+)*$/

const methodSpellings: Readonly<Record<string, Method>> = {
  ...({ insert: 'insert', tableInsert: 'insert', append: 'append', 'append!': 'append' } as const),
  ...({ upsert: 'upsert', 'upsert!': 'upsert' } as const),
}

/** @throws {UsageError} DDB_USAGE for anything but a method */
export function parseMethod(text: string): Method {
  if (Object.hasOwn(methodSpellings, text)) return methodSpellings[text]!
  throw usageError(`method "${text}" is not known: use insert, append or upsert`)
}

/** Reads `trades` or `dfs://testDB/tb1` (the last segment is the table). @throws {UsageError} DDB_NAME if it cannot be a DolphinDB name */
export function parseTableTarget(text: string): TableTarget {
  if (!/^dfs:\/\//i.test(text)) {
    const rule = 'a name starts with a letter and holds letters, digits and _'
    if (!isIdentifier(text)) throw nameError(`"${text}" is not a table name: ${rule}`)
    return { kind: 'shared', name: text }
  }
  const slash = text.lastIndexOf('/')
  const database = text.slice(0, slash)
  const table = text.slice(slash + 1)
  if (databasePath.test(database) && isIdentifier(table)) return { kind: 'dfs', database, table }
  const rule = 'write dfs://DATABASE/TABLE, letters, digits and _ only'
  throw nameError(`"${text}" does not name a DFS table: ${rule}`)
}

const nameError = (message: string): UsageError => new UsageError('DDB_NAME', message)

/** @throws {UsageError} DDB_NAME */
export function checkFunctionName(text: string): string {
  if (functionName.test(text)) return text
  const example = 'give the name of a function view, such as appendStreamingData'
  throw nameError(`"${text}" is not a function name: ${example}`)
}

/** Checks the options and returns the target they describe. @throws {UsageError} DDB_USAGE, DDB_NAME */
export function parseTarget(options: TargetOptions): Target {
  const { table, function: name } = options
  refuseFirst({
    'give one target: either a table or a function, not both':
      name !== undefined && table !== undefined,
    [`no target: name a table with ${option('target.table')} or a function view with ${option('target.function')}`]:
      (name ?? table) === undefined,
  })
  return name === undefined
    ? tableTarget(options, parseTableTarget(table!))
    : functionTarget(options, checkFunctionName(name))
}

/** Refusals of options that are only for the other kind of target. */
function only(
  kind: 'table' | 'function',
  why: string,
  options: TargetOptions,
  names: readonly (keyof TargetOptions)[],
): Record<string, boolean> {
  const refusals = names.map(name => [
    `${option(`target.${name}`)} is only for ${option(`target.${kind}`)}: ${why}`,
    options[name] !== undefined && String(options[name]) !== '',
  ])
  return Object.fromEntries(refusals) as Record<string, boolean>
}

function tableTarget(options: TargetOptions, table: TableTarget): Target {
  const { create, partition, transform, types, method = 'insert', keyColumns = [] } = options
  const takesTypes = (transform ?? create) !== undefined && !types?.startsWith('@')
  const ofFunction = ['confirmTable', 'mayDrop', 'functionArguments'] as const
  const refused = takesTypes ? ofFunction : (['types', ...ofFunction] as const)
  refuseFirst({
    ...only('function', "a table's columns come from the server", options, refused),
    [`${option('target.create')} ${create} does not suit ${tableText(table)}: stream tables have a plain name, DFS tables are dfs://DATABASE/TABLE`]:
      create !== undefined && (create === 'dfs') !== (table.kind === 'dfs'),
    [`${option('target.partition')} goes with ${option('target.create')} dfs`]:
      partition !== undefined && create !== 'dfs',
    [`${option('target.create')} cannot be used with ${option('target.transform')}: only the server knows which columns the transform returns. Make the table first`]:
      transform !== undefined && create !== undefined,
    [`${option('target.keyColumns')} is only for ${option('target.method')} upsert`]:
      method !== 'upsert' && keyColumns.length > 0,
  })
  if (create !== undefined && types !== undefined) schemaFromTypes(types)
  const wrong = keyColumns.find(name => !isIdentifier(name))
  if (wrong !== undefined) throw nameError(`"${wrong}" is not a column name that can be a key`)
  return {
    ...{ kind: 'table', table, method, keyColumns },
    ...(transform === undefined ? {} : { transform: checkTransform(transform) }),
  }
}

function functionTarget(options: TargetOptions, name: string): Target {
  const { types, mayDrop = false, functionArguments = [], confirmTable } = options
  const ofTable = ['create', 'partition', 'transform', 'method', 'keyColumns'] as const
  const why = 'a function can change its rows itself, and decides how it writes'
  refuseFirst({
    ...only('table', why, options, ofTable),
    [`a function does not declare its columns: give ${option('target.types')} NAME:TYPE,… or @TABLE`]:
      types === undefined,
    [`${option('target.mayDrop')} goes with ${option('target.confirmTable')}, whose rows are counted`]:
      mayDrop && confirmTable === undefined,
  })
  return {
    ...{ kind: 'function', name, mayDrop, functionArguments: functionArguments.map(jsonToValue) },
    confirmTable: confirmTable === undefined ? undefined : parseTableTarget(confirmTable),
  }
}

/** @param refusals  text → whether it applies @param start  of each text @throws {UsageError} DDB_USAGE with the first text that applies */
export function refuseFirst(refusals: Readonly<Record<string, boolean>>, start = ''): void {
  const [refusal] = Object.entries(refusals).find(([, applies]) => applies) ?? []
  if (refusal !== undefined) throw usageError(`${start}${refusal}`)
}

/** `trades` or `loadTable("dfs://db","t")`, written as the official table writers do (docs/protocol.md#table-writers). */
export function tableExpression(table: TableTarget): string {
  return table.kind === 'shared' ? table.name : `loadTable("${table.database}","${table.table}")`
}

/** For messages, and to identify the target. */
export const targetText = (target: Target): string =>
  target.kind === 'function' ? target.name : tableText(target.table)

export function tableText(table: TableTarget): string {
  return table.kind === 'shared' ? table.name : `${table.database}/${table.table}`
}

export interface UpsertForm {
  /** True for a table with a primary key (PKEY engine): `upsert!` then takes neither key columns nor `ignoreNull`. */
  readonly primaryKey: boolean
  /** Whether the server has `tableUpsert`, which returns numbers of rows; false before 2.00.10. */
  readonly counts: boolean
  /** Key columns of a DFS table, by position in it. Of rows with one key the last is sent: a server adds each one of a batch if it is new. */
  readonly distinctBy: readonly number[]
  /** Whether a null in a key equals nulls, as before 1.30.22 and 2.00.10 (release notes). */
  readonly nullsMatch?: boolean
}

export const usualUpsert: UpsertForm = { primaryKey: false, counts: true, distinctBy: [] }

/** The function that a data request without confirmation calls; the batch is its only missing argument. */
export function writeExpression(
  target: Extract<Target, { kind: 'table' }>,
  upsert: UpsertForm = usualUpsert,
): string {
  const { table, method } = target
  const expression = tableExpression(table)
  if (method === 'append') return `append!{${expression}}`
  if (method === 'insert') return `tableInsert{${expression}}`
  if (upsert.distinctBy.length === 0)
    return `upsert!{${expression}${upsert.primaryKey ? '' : ',,ignoreNull=false'}}`
  // The name of a function that is called is one line.
  const body = writeBody(target, upsert, 'ddbIngestTable').trim().replaceAll(/\n */g, '; ')
  return `(def(mutable ddbIngestTable, data){ ${body} }){${expression}}`
}

/**
 * Body of a function with one parameter, `data`: writes `data` to the table and returns the number of rows written. An upsert into a table
 * in memory returns the number of new keys. If `counts` is false, every upsert returns the number of rows in `data` instead.
 */
export function writeBody(
  { table, method, keyColumns }: Extract<Target, { kind: 'table' }>,
  { primaryKey, counts, distinctBy, nullsMatch = false }: UpsertForm = usualUpsert,
  // Looks up the table at run time: the server would bind a bare name when it parses the script.
  into = table.kind === 'shared' ? `objByName("${table.name}", true)` : tableExpression(table),
): string {
  if (method !== 'upsert') return `    return tableInsert(${into}, data)`
  const upsert = counts ? 'r = tableUpsert' : 'upsert!'
  if (distinctBy.length === 0) {
    // Keyed, indexed and PKEY tables have their own key.
    const inserted = table.kind === 'shared' ? 'r[0]' : 'r[0] + r[1]'
    return `    ${upsert}(${into}, data${primaryKey ? '' : ', false'})
    return ${counts ? inserted : 'data.rows()'}`
  }
  const keys = distinctBy.map(position => `ddbIngestColumns[${position}]`)
  const key = keys.length === 1 ? keys[0] : `(${keys.join(', ')})`
  // To newer servers, a null in a key equals none, neither in the table nor in the batch.
  const valid = nullsMatch ? [] : keys.map(one => `isValid(${one})`)
  const twice = [`isDuplicated(${key}, LAST)`, ...valid].join(' && ')
  return `    ddbIngestColumns = values(data)
    ddbIngestTwice = ${twice}
    only = select * from data where ddbIngestTwice = false
    ${upsert}(${into}, only, false, ${keyColumns.map(name => `\`${name}`).join('')})
    return ${counts ? 'r[0] + r[1] + data.rows() - only.rows()' : 'data.rows()'}`
}

/**
 * As `toValue`, for what JSON has: a whole number → INT, or LONG if INT cannot hold it; a list → a vector if one type holds all, else a
 * tuple.
 * @throws {UsageError} DDB_USAGE for an object, also inside a list, because its type is unclear
 */
export function jsonToValue(json: unknown): Value {
  if (holdsObject(json)) {
    throw usageError(
      'a function argument must be a JSON number, text, true, false, null or a list of those, not an object',
    )
  }
  return toValue(json as PlainInput)
}

function holdsObject(json: unknown): boolean {
  if (Array.isArray(json)) return json.some(holdsObject)
  return typeof json === 'object' && json !== null
}

/**
 * A query for rows of a table. Selects all columns if one has a name that a script would have to quote. @param slice  first row, number of
 * rows
 * @param range  reads rows with values of this column from `ddbIngestLow` to `ddbIngestHigh`, variables of the session: a bare comparison
 * lets the server skip partitions; null for all
 */
export function selectText(
  table: TableTarget,
  columns: readonly string[],
  range: { readonly column: string; readonly low: unknown; readonly high: unknown } | null,
  slice?: { readonly from: number; readonly rows: number },
): string {
  const names = columns.every(isPlainName) ? columns.join(', ') : '*'
  const from = table.kind === 'shared' ? `objByName("${table.name}", true)` : tableExpression(table)
  const column = range !== null && isPlainName(range.column) ? range.column : undefined
  const between = range?.low === range?.high ? '' : `, ${column} <= ddbIngestHigh`
  const sign = between === '' ? '=' : '>='
  const where = column === undefined ? '' : ` where ${column} ${sign} ddbIngestLow${between}`
  const limit = slice === undefined ? '' : ` limit ${slice.from}, ${slice.rows}`
  return `select ${names} from ${from}${where}${limit}`
}
