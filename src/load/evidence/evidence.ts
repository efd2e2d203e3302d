/*
  Evidence that a run's rows are still in the table: the identity of the table before the first row, the number of rows
  that it has had since, and the values of some rows.
*/
import type { Session } from '../../client/open-session.js'
import {
  askIdentity,
  watchedTable,
  whatChanged,
  type TargetIdentity,
} from '../journal/target-identity.js'
import type { JournalRecord } from '../journal/journal-record.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { askFound, findScript, type Found } from './find-rows.js'
import { hasTransform } from '../target/target.js'
import { leavesMemory, neverDecreases } from './total-rows.js'
import { journaledRow, newSampleRows, type SampleRow, type SampleRows } from './sample-rows.js'

export interface Look {
  /** Why confirmed rows cannot be in the table; undefined if they may be there. */
  readonly change: string | undefined
  /** True if a process that resumes the run may still find the rows, because this look at the table proved nothing. */
  readonly isOpen: boolean
  /** Rows that the table has ever had; null if they cannot be counted. */
  readonly rows: number | null
  readonly found: Found
}

/** Evidence about one run. It never uses the rows of a different run. */
export interface Evidence {
  /** The target as it was before the run's first row. */
  readonly identity: TargetIdentity
  readonly samples: SampleRows
  /** Lower limit of the number of rows that the table has ever had; undefined if unknown. */
  readonly leastRows: number | undefined
  /**
   * Must be called when the table has accepted rows.
   * @param leastBefore  `leastRows` when the server began to write these rows; undefined if unknown
   * @param had  rows that the table has ever had, counted afterwards; undefined if the server did not report it
   * @returns why rows accepted earlier cannot be in the table any more; undefined if they may be there
   */
  taken(rows: number, leastBefore: number | undefined, had: number | undefined): string | undefined
  /** Forgets the accepted rows, because they are lost or are on a different node. */
  forget(): void
  /** The journal record that a later process needs to resume the run. */
  sampled(): Extract<JournalRecord, { kind: 'sampled' }>
  /** Compares the table with this evidence. @throws {ConnectionError} @throws {TimeoutError} */
  look(control: Session): Promise<Look>
}

export interface EarlierEvidence {
  readonly samples: readonly SampleRow[]
  /** Lower limit of the number of rows in the table when an earlier process last asked the server. */
  readonly leastRows: number | undefined
}

const unknownRows =
  'rows that earlier processes wrote are not in it as they were sent, and nothing shows whether the function changed them'

export function rowsGoneMessage(change: string): string {
  return `rows that were confirmed may be gone: ${change}`
}

/** Whether the run can find its rows by the values that it sent. */
function findsRows(
  checked: Run['checked'],
  { keyed, keyColumns = [] }: TargetDescription,
  { dropsDuplicates }: TargetIdentity,
): boolean {
  // A transform may have changed or dropped any row, so the sent values need not be in the table.
  if (hasTransform(checked)) return false
  // In a table with keys, other writers may replace values of a row. The run can then find the row only by its key
  // columns, if it knows them.
  return !(dropsDuplicates || keyed) || keyColumns.length > 0
}

export function newEvidence(
  run: Run,
  description: TargetDescription,
  identity: TargetIdentity,
  earlier: EarlierEvidence,
): Evidence {
  const { checked } = run
  const { total, adds } = identity
  const { keyColumns: keys = [], partitionColumns = [] } = description
  const choosing = partitionColumns.filter(name => keys.length === 0 || keys.includes(name))
  const names = findsRows(checked, description, identity)
    ? description.columns.map(({ name }) => name)
    : []
  const counts = total !== null && total !== undefined && identity.rows !== null
  const samples = newSampleRows(names, keys, earlier.samples, choosing)
  /** Rows in the table before the run, plus rows accepted since then. */
  let counted = counts ? (earlier.leastRows ?? identity.rows) : undefined
  let mostHad = 0
  const leastRows = (): number | undefined =>
    counted === undefined ? undefined : Math.max(counted, mostHad)
  return {
    identity,
    samples,
    get leastRows() {
      return leastRows()
    },
    taken(rows, leastBefore, had) {
      const more = adds === true ? rows : 0
      const before = leastRows()
      if (counted !== undefined) counted += more
      if (had === undefined || !counts) return undefined
      const least = (leastBefore ?? 0) + more
      if (had < least || counted === undefined) {
        counted = had
        mostHad = 0
        if (before === undefined) return undefined
        return `the table had ${Math.max(least, before)} rows, and has ${had}: it was recreated or emptied`
      }
      if (neverDecreases(total)) mostHad = Math.max(mostHad, had)
      return undefined
    },
    forget() {
      samples.clear()
      counted = undefined
      mostHad = 0
    },
    sampled: () => sampledRecord(samples, leastRows()),
    async look(control) {
      const table = watchedTable(checked)
      // Rows that the server has removed from memory cannot be found.
      const mayFind = table !== undefined && !leavesMemory(total)
      const rows = mayFind ? askedRows(checked, identity, samples) : []
      const definitions = rows.length === 0 ? '' : findScript(table!, rows)
      const now = await askIdentity(control, checked, description, { counts: false, definitions })
      const asking = { session: control, timeoutMs: checked.confirmTimeoutMs }
      const found = await askFound(asking, rows)
      const change = changeOf(now, found)
      // If even rows of this process are missing, the function changes rows. Else earlier rows may be changed or lost.
      const isOpen = change === undefined && found === 'none' && !samples.hasOwn
      return { change: isOpen ? unknownRows : change, isOpen, rows: now.rows, found }
    },
  }

  function changeOf(now: TargetIdentity, found: Found): string | undefined {
    const change = whatChanged(identity, now, 0)
    if (change !== undefined) return change
    if (counts && now.rows === null) return 'its rows cannot be counted any more'
    if (typeof identity.chunkId === 'string' && now.chunkId === null) {
      return 'the server no longer reports its chunk'
    }
    const least = leastRows()
    if (least !== undefined && now.rows !== null && now.rows < least) {
      return `it had ${least} rows, and has ${now.rows}: it was recreated or emptied`
    }
    // A target function may change rows. Missing rows then prove a loss only if the run finds other rows unchanged.
    if (found === 'some' || (found === 'none' && checked.target.kind === 'table')) {
      return 'rows that this run wrote into it are missing'
    }
    return undefined
  }
}

/**
 * Chooses the rows to look up. For a table in memory, the first row is enough, because a recreated or emptied table
 * does not have it. A DFS table may have lost any partition, so all rows are looked up. A target function may change
 * rows, so a missing row proves a loss only if another row is found: the first and the last row are looked up.
 */
function askedRows(
  { target }: Run['checked'],
  { inMemory }: TargetIdentity,
  { rows }: SampleRows,
): readonly SampleRow[] {
  if (target.kind === 'table') return inMemory ? rows.slice(0, 1) : rows
  return rows.filter((_, index) => index === 0 || index === rows.length - 1)
}

function sampledRecord({ rows }: SampleRows, leastRows = null as number | null) {
  return { kind: 'sampled', rows: rows.map(journaledRow), leastRows } as const
}
