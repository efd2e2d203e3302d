/* The identity of a target shows whether earlier rows went to this very table. A DFS table has its own chunk and physical index
   (docs/server-semantics.md#tables-in-databases). DolphinDB gives tables in memory no identity, so a run compares how many rows they have
   had. */
import type { Session } from '../../client/open-session.js'
import { schemaFromServer } from '../../schema/server-schema.js'
import { typesText } from '../../schema/target-schema.js'
import type { CheckedOptions } from '../checked-options.js'
import { partsOf, unlessRefused } from '../connection/server-queries.js'
import {
  neverDecreases,
  ownSchema,
  stateAnswers,
  stateIn,
  stateScript,
  tried,
  type RowsTotal,
  type TableState,
  type TargetDescription,
} from '../target/describe-target.js'
import { tableExpression, targetText, type TableTarget } from '../target/target.js'
import { foundIn, rowsIn, searchCall, type Found, type SampleRow } from './sample-rows.js'

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

/** The parts of a run that say what its target is. */
interface Targeted {
  readonly checked: CheckedOptions
  readonly target: TargetDescription
}

/** The table to count and to search: the target, or the table that the user has named for a function. */
export function watchedTable({ target }: CheckedOptions): TableTarget | undefined {
  return target.kind === 'function' ? target.confirmTable : target.table
}

/** @param rows  rows to look up @param counts  whether to count the rows of a DFS table @param read  indexes of rows to read */
export async function askIdentity(
  session: Session,
  run: Targeted,
  { rows = [] as readonly SampleRow[], counts = true, read = [] as readonly number[] } = {},
): Promise<{ identity: TargetIdentity; found?: Found; made?: readonly SampleRow[] }> {
  const { checked } = run
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
  const isShown = target.kind === 'table' && schema?.form === 'dictionary'
  return {
    ...{ rows, physicalIndex, chunkId, total: isUseful ? total : null },
    name: targetText(target),
    columns: typesText(isShown ? schemaFromServer(schema) : ownSchema(description)),
    inMemory: watchedTable(checked)?.kind !== 'dfs',
  }
}
