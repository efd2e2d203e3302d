/* The values of a few rows of a run: it looks up these rows before it claims that its rows are in the table. Also the identity of a target,
   which shows whether earlier rows went to this very table: of a DFS table its chunk and physical index
   (docs/server-semantics.md#tables-in-databases), and of a table in memory, which has no identity, how many rows it has had. */
import type { DataType } from '../../protocol/data-type.js'
import { columnTypeOf, scalarAt, vectorOf } from '../../protocol/element.js'
import type { Column, Scalar, Table, Vector, Value } from '../../protocol/value.js'
import { isPlainName } from '../../schema/field-names.js'
import { longsOf, partsOf, unlessRefused } from '../connection/server-queries.js'
import {
  neverDecreases,
  ownSchema,
  stateAnswers,
  stateIn,
  stateScript,
  type TargetDescription,
  type TargetIdentity,
  tried,
} from '../target/describe-target.js'
import { schemaFromServer, typesText } from '../../schema/target-schema.js'
import type { Run } from '../run.js'
import type { RowsOfColumns } from '../target/partition-scheme.js'
import { tableExpression, targetText, watchedTable } from '../target/target.js'

/** The values of a row that can be compared, at least one of them not null. A SYMBOL is a STRING, as which it is sent. */
export type SampleRow = readonly (readonly [column: string, value: Scalar])[]

/** The columns of rows, in order, and those that identify a row: the key, or all columns if the table keeps every row. */
type RowShape = Pick<
  TargetDescription,
  'columns' | 'keyed' | 'keyColumns' | 'partitionColumns' | 'misread'
>

const mostColumns = 12

/** Types that DolphinDB compares with `=`: fast ones with values that seldom repeat come first, since each condition narrows the next. */
const comparable: readonly DataType[] = [
  ...(['INT', 'DATE', 'SECOND', 'TIME', 'MINUTE', 'MONTH', 'DATETIME', 'DATEHOUR'] as const),
  ...(['LONG', 'TIMESTAMP', 'NANOTIME', 'NANOTIMESTAMP', 'DOUBLE', 'FLOAT', 'SHORT'] as const),
  ...(['DECIMAL32', 'DECIMAL64', 'DECIMAL128', 'UUID', 'IPADDR', 'INT128'] as const),
  ...(['SYMBOL', 'STRING', 'CHAR', 'BOOL'] as const),
]

/** Longest text to compare, because some tables cut longer texts (docs/server-semantics.md#inserting). */
const longestText = 200

/** @returns a function that reads the values of a row; undefined if they cannot identify it */
export function rowReader(shape: RowShape) {
  const { columns: named, keyed, keyColumns: keys = [], partitionColumns = [], misread } = shape
  // Without the partition columns, a server would read every partition. By some of them, it would not find the row.
  const needed = keys.length > 0 ? keys : partitionColumns
  /** Columns by which the server chooses partitions come first. */
  const ranks = named.map(({ name, type: { type, array }, sensitive }) => {
    const isKnown = isPlainName(name) && !array && sensitive !== true
    const isUsed = isKnown && (keys.length === 0 || keys.includes(name))
    const rank = isUsed ? comparable.indexOf(type) : -1
    return rank < 0 || partitionColumns.includes(name) ? rank : rank + comparable.length
  })
  const indexes = [...ranks.keys()].filter(index => ranks[index]! >= 0)
  const order = indexes.sort((a, b) => ranks[a]! - ranks[b]!)
  return (columns: readonly Column[], row: number): SampleRow | undefined => {
    const cells: SampleRow[number][] = []
    for (const index of order) {
      const scalar = scalarAt(columns[index] as Vector, row)
      const value: Scalar = scalar.type === 'SYMBOL' ? { ...scalar, type: 'STRING' } : scalar
      if (isExact(scalar)) cells.push([named[index]!.name, value])
      if (keys.length === 0 && cells.length === mostColumns) break
    }
    // In a table with keys, other writers may replace the other values of a row.
    const isUseful =
      (!keyed || keys.length > 0) &&
      !needed.some(name => misread?.includes(name)) &&
      cells.some(([, { value }]) => value !== null) &&
      needed.every(name => cells.some(([column]) => column === name))
    return isUseful ? cells : undefined
  }
}

function isExact({ value }: Scalar): boolean {
  if (typeof value === 'number') return Number.isFinite(value)
  return typeof value !== 'string' || (value.length <= longestText && !value.includes('\0'))
}

/** A sample of the rows that the target accepted in one run. @param earlier  that of earlier processes of the run */
export function newSample(shape: RowShape, earlier: readonly SampleRow[]) {
  let read = rowReader(shape)
  let [first, before]: readonly (SampleRow | undefined)[] = [earlier[0], earlier.at(-1)]
  let [beforeEnd, middle, doubled, last]: readonly (SampleRow | undefined)[] = []
  let [rows, nextDoubling] = [0, 0]
  let isNext = false
  return {
    /** At most five rows: the first and the last of earlier processes, and one after 1/4 to 1/2 and the last of those of this process. */
    get rows(): readonly SampleRow[] {
      return [...new Set([first, before, beforeEnd, middle, last])].filter(row => row !== undefined)
    },
    /** Must be called when the target has accepted rows. @returns whether their number has doubled: the journal should get the sample */
    taken({ columns, rowCount }: RowsOfColumns): boolean {
      if (rowCount === 0) return false
      rows += rowCount
      first ??= read(columns, 0)
      last = read(columns, rowCount - 1) ?? last
      if (isNext) [before, beforeEnd] = [read(columns, 0) ?? before, last]
      isNext = false
      const hasDoubled = rows >= nextDoubling
      if (hasDoubled) {
        nextDoubling = 2 * rows
        ;[middle, doubled] = [doubled, last]
      }
      return hasDoubled && last !== undefined
    },
    /** Has the sample keep both ends of the next rows that are taken: in a table with keys, a later row may have the key of one of them. */
    next: () => void (isNext = true),
    /** Replaces the sample by rows that are in the table. No others are added. */
    fix(made: readonly SampleRow[]): void {
      before = beforeEnd = middle = doubled = undefined
      ;[first, last] = [made[0], made.at(-1)]
      read = () => undefined
    },
    /** Keeps the newest row alone. */
    keepLast(): void {
      first = last ?? before ?? first
      before = beforeEnd = middle = doubled = undefined
      rows = nextDoubling = 0
    },
    clear(): void {
      first = before = beforeEnd = middle = doubled = last = undefined
      rows = nextDoubling = 0
    },
  }
}

/** The first row of each table with rows that a server sent. @param shape  of these rows, but for their columns */
export function rowsIn(answers: readonly Value[], shape: RowShape): readonly SampleRow[] {
  const tables = answers.filter(one => one.form === 'table').filter(one => one.rows > 0)
  const rows = tables.map(({ columns, columnNames }) => {
    const named = columns.map((one, i) => ({ name: columnNames[i]!, type: columnTypeOf(one) }))
    return rowReader({ ...shape, columns: named })(columns, 0)
  })
  return rows.filter(row => row !== undefined)
}

/** Which of the rows are in the table; undefined if the server cannot look them up, or none was looked up. */
export type Found = readonly boolean[] | undefined

/**
 * A search for rows by their values, which are sent as typed arguments: of each first in a table with this row alone, then in `table` (an
 * expression). If the server does not find it in the first, it cannot compare the values, and the second proves nothing. A column hides a
 * variable of its name (manual, page col_ref), so the function uses names that no column has. A request names its function in one line.
 * @param script  runs before the search @param answers  the expressions to answer, before what `foundIn` reads
 * @returns the function, and the values to call it with
 */
export function searchCall(
  table: string,
  rows: readonly SampleRow[],
  script: string,
  answers: string,
): readonly [functionText: string, values: readonly Value[]] {
  const values: Value[] = rows.map(tableOf)
  const given = values.map((_, index) => `ddbIngestGiven${index}`)
  const parameters = [...given]
  const conditions = rows.map(row => {
    const each = row.map(([column, value]) => {
      if (value.value === null || value.value === '') return `isNull(${column})`
      parameters.push(`ddbIngestValue${values.push(value)}`)
      return `${column} = ${parameters.at(-1)}`
    })
    return each.join(', ')
  })
  const counts = [...given, ...rows.map(() => 'ddbIngestFrom')].map((from, index) => {
    const condition = conditions[index % rows.length]
    return [`ddbIngestCount${index}`, `exec count(*) from ${from} where ${condition}`] as const
  })
  const search = `ddbIngestFound = NULL
try {
${counts.map(([name, count]) => `${name} = ${count}\n`).join('')}ddbIngestFound = [${counts.map(([name]) => `long(${name})`).join(', ')}]
} catch(ex) { ddbIngestFound = NULL }
`
  const body = `${oneLine(script + search)}return (${answers}, ddbIngestFound)`
  const text = `(def(ddbIngestFrom, ${parameters.join(', ')}){ ${body} }){${table}}`
  return [text, values]
}

/** A script of whole statements as one line. */
function oneLine(script: string): string {
  const lines = script.split('\n').filter(line => line !== '')
  return lines.map(line => (line.endsWith('{') ? `${line.trim()} ` : `${line.trim()}; `)).join('')
}

function foundIn(answer: Value | undefined): Found {
  const counts = longsOf(answer).map(count => count !== undefined && count > 0n)
  const found = counts.splice(counts.length / 2)
  return found.length === 0 || counts.includes(false) ? undefined : found
}

function tableOf(row: SampleRow): Table {
  const columns = row.map(([, scalar]) => {
    const scale = 'scale' in scalar ? { scale: scalar.scale } : {}
    return vectorOf({ type: scalar.type, ...scale }, [scalar.value])
  })
  return { form: 'table', name: '', rows: 1, columnNames: row.map(([name]) => name), columns }
}

/** A row as JSON, which has no form of its own for large integers and bytes. */
export const rowText = (row: SampleRow): string =>
  JSON.stringify(row, (_, value: unknown) => {
    if (typeof value === 'bigint') return { integer: String(value) }
    return value instanceof Uint8Array ? { bytes: Buffer.from(value).toString('hex') } : value
  })

export const rowOfText = (text: string): SampleRow =>
  JSON.parse(text, (_, value: { readonly integer?: string; readonly bytes?: string } | null) => {
    if (value?.integer !== undefined) return BigInt(value.integer)
    return value?.bytes === undefined ? value : new Uint8Array(Buffer.from(value.bytes, 'hex'))
  }) as SampleRow

/** The parts of a run that say what its target is, and whom to ask. */
type Targeted = Pick<Run, 'control' | 'checked' | 'target'>

/** @param rows  rows to look up @param counts  whether to count the rows of a DFS table @param read  indexes of rows to read */
export async function askIdentity(
  run: Targeted,
  { rows = [] as readonly SampleRow[], counts = true, read = [] as readonly number[] } = {},
): Promise<{ identity: TargetIdentity; found?: Found; made?: readonly SampleRow[] }> {
  const { checked } = run
  const session = run.control!
  const table = watchedTable(checked)
  if (table === undefined) return { identity: identityOf(run) }
  const options = { timeoutMs: checked.confirmTimeoutMs }
  const named = table.kind === 'dfs' ? tableExpression(table) : `objByName("${table.name}")`
  const script = [
    tried('ddbIngestSchema', `schema(${named})`),
    stateScript(table, counts),
    ...read.map((at, i) => tried(`ddbIngestRow${i}`, `select * from ${named} limit ${at}, 1`)),
  ].join('')
  const made = read.map((_, i) => `ddbIngestRow${i}`)
  const answers = ['ddbIngestSchema', stateAnswers, ...made].join(', ')
  const [text, values] = searchCall(named, rows, script, answers)
  const searched = rows.length > 0 && (await unlessRefused(session.call(text, values, options)))
  // A server that does not look up values still answers the rest.
  const parts = partsOf(
    searched || (await unlessRefused(session.run(`${script}(${answers})`, options))),
  )
  const identity = identityOf(run, stateIn(parts))
  return { identity, found: foundIn(parts.at(-1)), made: rowsIn(parts, run.target) }
}

/** @param state  of the watched table; undefined if there is none */
export function identityOf(
  { checked, target: description }: Targeted,
  state = stateIn([]),
): TargetIdentity {
  const { target } = checked
  const { schema, rows, total, physicalIndex, chunkId } = state
  const isUseful = rows !== null && (!description.keyed || neverDecreases(total))
  return {
    ...{ rows, physicalIndex, chunkId, total: isUseful ? total : null },
    name: targetText(target),
    columns: typesText(
      schema?.form === 'dictionary' ? schemaFromServer(schema) : ownSchema(description),
    ),
    inMemory: watchedTable(checked)?.kind !== 'dfs',
  }
}
