/*
  What a target is, so that a later process can tell whether rows went into this very table: DolphinDB gives tables in
  memory no identity, so their rows are counted; a DFS table has a physical index (docs/server-semantics.md#tables-in-databases).
*/
import type { Session } from '../../client/open-session.js'
import { ServerError } from '../../errors.js'
import { columnTypeText } from '../../protocol/data-type.js'
import { askCount } from '../connection/server-queries.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { Plan } from '../plan.js'
import { tableText, type TableTarget } from '../target/target.js'
import { rowsText } from '../row-counts.js'

/** Asked before the first row of a run, and again whenever the run goes on. */
export interface TargetIdentity {
  /** `dfs://db/t`, `trades`, or the name of a function. */
  readonly name: string
  /** `sym:SYMBOL,price:DOUBLE`. */
  readonly columns: string
  /** Rows in memory are gone once the server is. */
  readonly inMemory: boolean
  /** Changes when a DFS table is dropped and made again; null where the server does not tell. */
  readonly physicalIndex: string | null
  /** null where nothing can be counted, as behind a function. */
  readonly rows: number | null
  /** A batch that is written twice leaves the rows of one: by its key. */
  readonly dropsDuplicates: boolean
}

/** @throws {ConnectionError} @throws {TimeoutError} */
export async function askIdentity(
  control: Session,
  plan: Plan,
  description: TargetDescription,
): Promise<TargetIdentity> {
  const { target } = plan
  const counted = target.kind === 'function' ? target.confirmTable : target.table
  const timeoutMs = plan.confirmTimeoutMs
  return {
    name: target.kind === 'function' ? target.name : tableText(target.table),
    columns: description.columns
      .map(({ name, type }) => `${name}:${columnTypeText(type)}`)
      .join(','),
    inMemory: counted?.kind !== 'dfs',
    physicalIndex:
      counted?.kind === 'dfs' ? await askPhysicalIndex(control, counted, timeoutMs) : null,
    rows: counted === undefined ? null : await countIfAny(control, counted, timeoutMs),
    dropsDuplicates:
      target.kind === 'table' &&
      (target.method === 'upsert' || description.dropsDuplicates === true),
  }
}

async function askPhysicalIndex(
  control: Session,
  { database, table }: Extract<TableTarget, { kind: 'dfs' }>,
  timeoutMs: number,
): Promise<string | null> {
  const script = `exec first(physicalIndex) from listTables("${database}") where tableName = "${table}"`
  const answer = await answerIfAny(() => control.run(script, { timeoutMs }))
  if (answer?.form !== 'scalar' || typeof answer.value !== 'string') return null
  return answer.value === '' ? null : answer.value
}

async function countIfAny(
  control: Session,
  table: TableTarget,
  timeoutMs: number,
): Promise<number | null> {
  return (await answerIfAny(() => askCount({ session: control, timeoutMs }, table))) ?? null
}

async function answerIfAny<T>(ask: () => Promise<T>): Promise<T | undefined> {
  try {
    return await ask()
  } catch (error) {
    if (error instanceof ServerError) return undefined
    throw error
  }
}

/**
 * Why rows that were confirmed in `before` cannot be in what is there `now`; undefined when nothing speaks against it.
 *
 * @param confirmedRows  by earlier processes of the run
 */
export function whatChanged(
  before: TargetIdentity,
  now: TargetIdentity,
  confirmedRows: number,
): string | undefined {
  if (before.columns !== now.columns) {
    return `its columns were ${before.columns} and are ${now.columns}`
  }
  if (
    before.physicalIndex !== null &&
    now.physicalIndex !== null &&
    before.physicalIndex !== now.physicalIndex
  ) {
    return 'it was dropped and made again'
  }
  if (confirmedRows === 0 || before.rows === null || now.rows === null) return undefined
  // Rows with known keys do not make a table longer, and rows of DFS tables may be deleted when they are old.
  const least =
    !before.inMemory || before.dropsDuplicates
      ? Math.min(1, before.rows + confirmedRows)
      : before.rows + confirmedRows
  if (now.rows >= least) return undefined
  return `it has ${rowsText(now.rows)}, and had ${before.rows} before ${rowsText(confirmedRows)} ${confirmedRows === 1 ? 'was' : 'were'} confirmed`
}
