/* Describes the target as the server reports it: columns in order, partition scheme, what becomes of known keys, the rows that a table has
   ever had, and its storage. */
import type { Session } from '../../client/open-session.js'
import { DdbError, option, usageError } from '../../errors.js'
import { isDecimal } from '../../protocol/data-type.js'
import type { Value } from '../../protocol/value.js'
import {
  isBefore,
  isSince,
  limitedColumns,
  limitsTexts,
  member,
  misreads,
  parseVersion,
  type PartitionScheme,
  schemaFromServer,
  schemaFromTypes,
  type TargetColumn,
  type TargetSchema,
  texts,
  typesText,
} from '../../schema/target-schema.js'
import { nearestHint } from '../../schema/nearest.js'
import type { CheckedOptions } from '../checked-options.js'
import type { LoadOptions } from '../options.js'
import {
  askFunction,
  askSchema,
  longOf,
  partsOf,
  textOf,
  textsOf,
  type Asking,
} from '../connection/server-queries.js'
import {
  hasTransform,
  parseTableTarget,
  refuseFirst,
  tableExpression,
  tableText,
  type TableTarget,
  type Target,
  type UpsertForm,
} from './target.js'

export interface TargetDescription {
  readonly columns: readonly TargetColumn[]
  /** The table's own columns, if a transform makes them from the columns sent. */
  readonly tableColumns?: readonly TargetColumn[]
  readonly partition?: PartitionScheme
  /**
   * True if a row whose key is already in the table does not make the table longer, so that a row written twice stays one row. This is so
   * for shared tables with a key, for PKEY tables, for DFS tables that keep only one of the rows with the same values in the sort columns,
   * and for upserts. If the target is a function: whether `confirmTable` is such a table.
   */
  readonly keyed: boolean
  /** Columns that identify a row in the table and whose values stay as they were sent; empty if there are no such columns. */
  readonly keyColumns?: readonly string[]
  /** Columns by which a DFS table chooses partitions. If the target is a function: those of `confirmTable`. */
  readonly partitionColumns?: readonly string[]
  /** Those of them by which the server finds too few rows (`misreads`). */
  readonly misread?: readonly string[]
  /** Whether the target has partitions, at least one: a DFS table, perhaps under the name of a shared one. */
  readonly isDivided?: boolean
  /** Whether a shared table is the handle of a DFS table. */
  readonly isHandle?: boolean
  /** How rows are upserted; undefined for other methods. */
  readonly upsert?: UpsertForm
  /** What the server answered about the table, or about `confirmTable`; undefined for a function without one. */
  readonly state?: TableState
}

/** The target's own columns, whatever the run sends. */
export function ownSchema({ columns, tableColumns = columns }: TargetDescription): TargetSchema {
  return { columns: tableColumns }
}

type Names = readonly string[]

interface DescribingRun {
  readonly checked: CheckedOptions
  readonly options: Pick<LoadOptions, 'target' | 'journal'>
  readonly control?: Session
}

/** @throws {ServerError} DDB_TARGET if the target does not exist @throws {TimeoutError} @throws {UsageError} DDB_USAGE for unfit options */
export async function describeTarget(run: DescribingRun): Promise<TargetDescription> {
  const { checked, options } = run
  const { target } = checked
  const { types = '' } = options.target
  const asking = { session: run.control!, timeoutMs: checked.confirmTimeoutMs }
  if (target.kind === 'function') {
    await askFunction(asking, target.name)
    const { confirmTable } = target
    const from = types.startsWith('@') ? parseTableTarget(types.slice(1)) : undefined
    // The table that a function writes to is unknown; the table named with the function is the best guess.
    const table = confirmTable ?? from
    if (table === undefined) return { columns: schemaFromTypes(types).columns, keyed: false }
    const state = await askTable(asking, table, true)
    const answer = from === table ? state.schema : from && (await askSchema(asking, from))
    const { columns } = answer === undefined ? schemaFromTypes(types) : schemaFromServer(answer)
    const { limited, keyed, keyColumns, partitionColumns, misread } = factsOf(table, state)
    const known = { keyed, keyColumns, partitionColumns, misread, state }
    return { columns: limited(columns), ...(confirmTable === undefined ? { keyed: false } : known) }
  }
  const state = await askTable(asking, target.table, options.journal !== undefined)
  const facts = factsOf(target.table, state, target.keyColumns)
  const { limited, isStored, hasPrimaryKey, columns, partition, ...known } = facts
  const names = columns.map(column => column.name)
  for (const key of target.keyColumns) {
    if (names.includes(key)) continue
    throw usageError(
      `${option('target.keyColumns')} names "${key}", which the target does not have${nearestHint(key, names)}`,
    )
  }
  const isUpsert = target.method === 'upsert'
  const description = {
    ...{ ...known, columns: limited(columns), ...(partition && { partition }) },
    keyed: known.keyed || isUpsert,
    ...(isUpsert ? { upsert: upsertOf(target, facts, state) } : {}),
    state,
    isDivided: isStored || known.partitionColumns.length > 0,
    isHandle: isStored && target.table.kind === 'shared',
  }
  return hasTransform(checked) ? transformed(description, types) : description
}

/** What the server says about a table: what identifies a row there, and which texts it takes. @param upserted  columns named for an upsert */
function factsOf(table: TableTarget, { schema, version }: TableState, upserted: Names = []) {
  const all = (key: string): Names => texts(member(schema!, key)) ?? []
  const first = (key: string): string | undefined => all(key)[0]?.toUpperCase()
  const { columns, partition } = schemaFromServer(schema!)
  const isShared = table.kind === 'shared'
  const hasPrimaryKey = !isShared && first('engineType') === 'PKEY'
  // Whether a TSDB table keeps only the first or the last of the rows with the same values in the sort columns.
  const keepsOne = ['FIRST', 'LAST'].includes(first('keepDuplicates') ?? '')
  // The server limits the length of texts in all columns of a DFS table, even if the table is shared under a plain name.
  const isStored =
    !isShared ||
    member(schema!, 'compressMethods')?.form === 'table' ||
    all('dbUrl').some(url => url.startsWith('dfs://'))
  // A server before 3.00.3 does not tell the key of a table in memory (its release notes): a user who upserts names it.
  const isOld = isBefore(parseVersion(version ?? '') ?? [0], [3, 0, 3])
  const told = all('keyColumn').filter(name => name !== '')
  const tableKey = told.length === 0 && isOld && !isStored ? upserted : told
  /**
   * The columns that identify a row. An upsert into a DFS table treats the partition columns as keys, too (DolphinDB manual, page upsert!).
   * In each partition, some tables keep only one of the rows with the same values in the sort columns. If such a table has one partition
   * for each value of a column (a VALUE scheme of the same type as the column), the key includes that column.
   */
  const keyColumns = (): Names => {
    if (isShared) return tableKey
    const [sorted, primary] = [all('sortColumns'), all('primaryKey')]
    if (hasPrimaryKey) return primary.length > 0 ? primary : sorted
    const dimensions = partition?.dimensions ?? []
    const ofUpsert = [...dimensions.map(({ columnName }) => columnName), ...upserted]
    if (!keepsOne) return upserted.length > 0 ? [...new Set(ofUpsert)] : []
    const exact = dimensions.filter(
      ({ kind, type, columnIndex: i }) =>
        kind === 'VALUE' && partition?.unpredictable !== true && type === columns[i]!.type.type,
    )
    const kept = [...new Set([...exact.map(({ columnName }) => columnName), ...sorted])]
    return upserted.length > 0 ? kept.filter(name => ofUpsert.includes(name)) : kept
  }
  // Conditions on sort columns change decimals (release notes 3.00.1.4).
  const losesDecimals =
    columns.some(({ type }) => isDecimal(type.type) && all('sortColumns').length > 0) &&
    isSince(version, [3, 0, 0]) &&
    !isSince(version, [3, 0, 1, 4])
  return {
    ...{ columns, partition, isStored, hasPrimaryKey, keyColumns: keyColumns() },
    // `schema()` of keyed and indexed tables has a `keyColumn` (docs/server-semantics.md#schema).
    keyed: isShared ? tableKey.length > 0 : hasPrimaryKey || keepsOne,
    partitionColumns: all('partitionColumnName').filter(name => name !== ''),
    misread: (partition?.dimensions ?? [])
      .filter(one => losesDecimals || misreads(one, version))
      .map(({ columnName }) => columnName),
    /** The columns with the length limits of texts, if servers of this version have such limits. */
    limited: (sent: readonly TargetColumn[]) =>
      limitsTexts(version) ? limitedColumns(sent, isStored ? columns : []) : sent,
  }
}

/** Describes a target with a transform: the keys and partitions of its rows are unknown in advance. @throws {UsageError} DDB_USAGE */
function transformed(table: TargetDescription, types: string): TargetDescription {
  const { columns, partition } = table
  return {
    ...table,
    columns: types === '' ? columns : columnsOfTypes(types, columns),
    tableColumns: columns,
    ...(partition && { partition: { ...partition, unpredictable: true } }),
    keyColumns: [],
  }
}

/** The named columns. A name without a type gets the type of the table's column. @throws {UsageError} DDB_USAGE */
function columnsOfTypes(types: string, known: readonly TargetColumn[]): readonly TargetColumn[] {
  const entries = types.split(',').map(entry => {
    const name = entry.trim()
    if (name.includes(':')) return entry
    const own = known.find(column => column.name === name)
    if (own !== undefined) return typesText({ columns: [own] })
    const names = known.map(column => column.name)
    throw usageError(
      `${option('target.types')} names "${name}" without a type, and the target has no such column${nearestHint(name, names)}: write ${name}:TYPE`,
    )
  })
  return schemaFromTypes(entries.join(',')).columns
}

/** @throws {UsageError} DDB_USAGE if the given key columns do not suit the table */
function upsertOf(
  { table, keyColumns }: Extract<Target, { kind: 'table' }>,
  { keyed, hasPrimaryKey: primaryKey, keyColumns: own, ...facts }: ReturnType<typeof factsOf>,
  state: TableState,
): UpsertForm {
  const isShared = table.kind === 'shared'
  const isStream = !['kept', null].includes(state.total)
  const keys = isShared || primaryKey ? [] : [...facts.partitionColumns, ...keyColumns]
  refuseFirst({
    'a server before 1.30.20 or 2.00.8 compares keys of type DOUBLE or FLOAT wrongly: upsert by other columns':
      facts.columns.some(
        ({ name, type }) => keys.includes(name) && /^(DOUBLE|FLOAT)$/.test(type.type),
      ) && !isSince(state.version, [1, 30, 20], [2, 0, 8]),
    [`an upsert needs a keyed or indexed table or a DFS table: this one has no key (to a server before 3.00.3, name it in ${option('target.keyColumns')}), or is a stream table`]:
      isShared && (!keyed || isStream),
    [`the table has a key of its own (${own.join(', ')}), which identifies its rows: leave out ${option('target.keyColumns')}`]:
      isShared && keyColumns.length > 0 && [...keyColumns].sort().join() !== [...own].sort().join(),
    [`the table has a primary key of its own (PKEY engine), which identifies its rows: leave out ${option('target.keyColumns')}`]:
      primaryKey && keyColumns.length > 0,
    [`an upsert into a DFS table needs the columns that make a row unique: name them in ${option('target.keyColumns')}`]:
      table.kind === 'dfs' && !primaryKey && keyColumns.length === 0,
  })
  const counts = isSince(state.version, [2, 0, 10])
  const distinctBy = facts.columns.flatMap(({ name }, i) => (keys.includes(name) ? i : []))
  const nullsMatch = !isSince(state.version, [1, 30, 22], [2, 0, 10])
  return { primaryKey, counts, distinctBy, nullsMatch }
}

/** What a server does with a value outside every partition of a VALUE scheme (`newValuePartitionPolicy`). */
const newValuePolicies = ['add', 'skip', 'fail'] as const

const totals = ['rows', 'kept', 'totalSize', 'totalRows'] as const

/**
 * The source of a row count. `rows`: the rows of a stream table, which never deletes any. `kept`: the rows of any other table in memory. If
 * the server removes old rows from memory: `totalSize` of the table's persistence, or `totalRows` in the list of stream tables.
 */
export type RowsTotal = (typeof totals)[number]

/** What a server answers about a table, and about itself. */
export interface TableState {
  /** `schema(t)`; undefined if the server refuses it. */
  readonly schema: Value | undefined
  /** The rows that a table in memory has ever had, or the present rows of a DFS table; null if they cannot be counted. */
  readonly rows: number | null
  /** Source of the row count; null if unknown. */
  readonly total: RowsTotal | null
  /** Physical index of a DFS table; null if unknown. Not documented to change when a table is recreated. */
  readonly physicalIndex: string | null
  /** The file chunk that belongs to this DFS table only; null if unknown. */
  readonly chunkId: string | null
  /** `TRANS` or `CHUNK`, for a DFS table. */
  readonly atomic: string | undefined
  /** What the server does with values outside a VALUE scheme (docs/server-semantics.md#rows-outside-the-scheme). */
  readonly newValues: (typeof newValuePolicies)[number] | undefined
  readonly version: string | undefined
}

/** The identity of a target. A run asks for it before its first row, at its end, and whenever the run is resumed. */
export interface TargetIdentity extends Pick<TableState, 'rows' | 'physicalIndex' | 'chunkId'> {
  /** `dfs://db/t`, `trades`, or the name of a function. */
  readonly name: string
  /** `sym:SYMBOL,price:DOUBLE`. */
  readonly columns: string
  readonly inMemory: boolean
  /** Source of the row count; null if rows can leave the table unnoticed, or the server's counts do not add up. */
  readonly total: RowsTotal | null
}

/** Whether the rows are those of a stream table, which never deletes rows. */
export const neverDecreases = (total: RowsTotal | null): boolean =>
  total === 'rows' || leavesMemory(total)

/** Whether the server may remove rows from memory after they were written. */
export const leavesMemory = (total: RowsTotal | null): boolean =>
  total === 'totalSize' || total === 'totalRows'

/** @param counts  whether to count the rows of a DFS table @throws {ServerError} DDB_TARGET without a table @throws {ConnectionError} */
export async function askTable(asking: Asking, table: TableTarget, counts: boolean) {
  const script = (schema: string): string =>
    `ddbIngestSchema = ${schema}\n${stateScript(table, counts)}(ddbIngestSchema, ${stateAnswers})`
  const parts = partsOf(await askSchema(asking, table, script))
  if (parts.length > 0) return stateIn(parts)
  throw new DdbError(
    'DDB_PROTOCOL',
    `the server's description of ${tableText(table)} is not understood`,
  )
}

/** Sets a variable, which stays empty if the server refuses the expression. */
export const tried = (variable: string, expression: string, empty = '""'): string =>
  `${variable} = ${empty}\ntry { ${variable} = ${expression} } catch(ex) { ${variable} = ${empty} }\n`

/** What `stateScript` answers, after the schema. */
export const stateAnswers =
  'ddbIngestRows, ddbIngestTotal, ddbIngestIndex, ddbIngestChunk, ddbIngestAtomic, ddbIngestPolicy, ddbIngestVersion'

/** Calls functions by name that some servers do not have: with an unknown name, they would not run the script. */
export function stateScript(table: TableTarget, counts: boolean): string {
  const version = tried('ddbIngestVersion', 'funcByName("version")()')
  if (table.kind === 'dfs') return `${storedScript(table, counts)}${version}`
  const none = ['Index', 'Chunk', 'Atomic', 'Policy'].map(name => `ddbIngest${name} = ""\n`)
  return `${keptScript(table.name)}${none.join('')}${version}`
}

/** Counts the rows that a table in memory has ever had. As long as a stream table is not recreated, this count never falls. */
function keptScript(name: string): string {
  return `ddbIngestRows = 00l
ddbIngestTotal = ""
try {
    ddbIngestRows = long(exec count(*) from objByName("${name}"))
    ddbIngestTotal = "kept"
    ddbIngestStreams = funcByName("getStreamTables")()
    ddbIngestStreams = select * from ddbIngestStreams where name = "${name}", shared = true
    if(ddbIngestStreams.rows() == 1) {
        ddbIngestTotal = ""
        ddbIngestPersisted = exec first(persisted) from ddbIngestStreams
        ${tried('ddbIngestPurged', 'exec first(cachePurgeEnabled) from ddbIngestStreams', 'false')}        if(ddbIngestPersisted) {
            ddbIngestRows = long(funcByName("getPersistenceMeta")(objByName("${name}"))["totalSize"])
            ddbIngestTotal = "totalSize"
        } else if(ddbIngestPurged) {
            ddbIngestRows = long(exec first(totalRows) from ddbIngestStreams)
            ddbIngestTotal = "totalRows"
        } else {
            ddbIngestTotal = "rows"
        }
    }
} catch(ex) { ddbIngestFailed = ex[1] }
`
}

/** Only some nodes have the chunk (unit of storage) of a table: asks this one, then all (DolphinDB manual, page getChunksMeta). */
function storedScript(table: Extract<TableTarget, { kind: 'dfs' }>, counts: boolean): string {
  const { database, table: name } = table
  const path = `${database.slice('dfs:/'.length)}/${name}.tbl`
  const count = counts ? `long(exec count(*) from ${tableExpression(table)})` : '00l'
  const chunkIds = `exec string(chunkId) from ddbIngestChunks where dfsPath = "${path}"`
  return `ddbIngestTotal = ""
${tried('ddbIngestRows', count, '00l')}ddbIngestIndex = ""
ddbIngestChunk = ""
try {
    ddbIngestTables = funcByName("listTables")("${database}")
    ddbIngestIndex = string(exec first(physicalIndex) from ddbIngestTables where tableName = "${name}")
} catch(ex) { ddbIngestFailed = ex[1] }
try {
    ddbIngestMeta = funcByName("getChunksMeta")
    ddbIngestChunks = ddbIngestMeta("${path}")
    ddbIngestChunk = ${chunkIds}
    if(ddbIngestChunk.size() == 0) {
        ddbIngestChunks = pnodeRun(ddbIngestMeta{"${path}"})
        ddbIngestChunk = ${chunkIds}
    }
} catch(ex) { ddbIngestFailed = ex[1] }
${tried('ddbIngestAtomic', `schema(database("${database}"))["atomic"]`)}${policyScript}`
}

export const policyScript = tried(
  'ddbIngestPolicy',
  'funcByName("getConfig")("newValuePartitionPolicy")',
)

export const policyIn = (answer: Value | undefined): TableState['newValues'] =>
  newValuePolicies.find(one => one === textOf(answer))

/** Reads the schema, and after it `stateAnswers`. */
export function stateIn(parts: readonly Value[]): TableState {
  const [schema, rows, total, index, chunks, atomic, newValues, version] = parts
  const count = longOf(rows)
  // Without signs that could end a text in a script.
  const [chunkId, other] = new Set(textsOf(chunks).map(id => id.replace(/[^\w-]/g, '')))
  return {
    schema,
    rows: count === undefined ? null : Number(count),
    total: totals.find(one => one === textOf(total)) ?? null,
    physicalIndex: textOf(index) ?? null,
    chunkId: other === undefined ? (chunkId ?? null) : null,
    atomic: textOf(atomic),
    newValues: policyIn(newValues),
    version: textOf(version),
  }
}
