/*
  What speaks for it that a run's rows are in the table that it ends with: what the table was before the first row, how
  many rows it has had since, and some rows by value.
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
import { leavesMemory, neverFalls } from './rows-had.js'
import { journaledRow, newSampleRows, type SampleRow, type SampleRows } from './sample-rows.js'

/** What was found when the table was looked at once more. */
export interface Look {
  /** Why rows that were confirmed cannot be in it; undefined when nothing speaks against it. */
  readonly change: string | undefined
  /** Nothing tells: a process that takes up the run may still find them. */
  readonly isOpen: boolean
  /** Rows that the table has had; null where nothing can be counted. */
  readonly rows: number | null
  /** Rows of the run that were looked up by value. */
  readonly found: Found
}

/** Of one run; another run's rows are never part of it. */
export interface Evidence {
  /** The target as it was before the run's first row. */
  readonly identity: TargetIdentity
  readonly samples: SampleRows
  /** Rows that the table has had at least; undefined when nothing is known. */
  readonly leastRows: number | undefined
  /**
   * The table has taken rows.
   * @param leastBefore  `leastRows` when the server began to write them; undefined when that is not known
   * @param had  rows that it has had afterwards; undefined when it did not tell
   * @returns why rows that it took before cannot be in it any more; undefined when nothing speaks against it
   */
  taken(rows: number, leastBefore: number | undefined, had: number | undefined): string | undefined
  /** What was taken before is there no more. */
  forget(): void
  /** What a process that goes on has to know. */
  sampled(): Extract<JournalRecord, { kind: 'sampled' }>
  /** Looks at the table once more. @throws {ConnectionError} @throws {TimeoutError} */
  look(control: Session): Promise<Look>
}

/** What earlier processes of a run have left of it. */
export interface EarlierEvidence {
  readonly samples: readonly SampleRow[]
  /** Rows that the table had at least when it was last asked. */
  readonly leastRows: number | undefined
}

const unknownRows =
  'rows that earlier processes wrote are not in it as they were sent, and nothing tells whether the function has changed them'

/** Why rows that were confirmed are so no more. */
export function mayBeGone(change: string): string {
  return `rows that were confirmed may be gone: ${change}`
}

export function newEvidence(
  run: Run,
  description: TargetDescription,
  identity: TargetIdentity,
  earlier: EarlierEvidence,
): Evidence {
  const { plan } = run
  const { total, adds } = identity
  const { keyColumns: keys = [], partitionColumns = [], keyed } = description
  // Of rows that others may change by their keys the keys have to be known.
  const isKnown = !(identity.dropsDuplicates || keyed) || keys.length > 0
  const choosing = partitionColumns.filter(name => keys.length === 0 || keys.includes(name))
  const names = isKnown ? description.columns.map(({ name }) => name) : []
  const counts = total !== null && total !== undefined && identity.rows !== null
  const samples = newSampleRows(names, keys, earlier.samples, choosing)
  /** Rows that were there before, and those taken since. */
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
        return `the table had ${Math.max(least, before)} rows, and has ${had}: it was made again, or emptied`
      }
      if (neverFalls(total)) mostHad = Math.max(mostHad, had)
      return undefined
    },
    forget() {
      samples.clear()
      counted = undefined
      mostHad = 0
    },
    sampled: () => sampledRecord(samples, leastRows()),
    async look(control) {
      const table = watchedTable(plan)
      // Rows that have left memory are not found.
      const mayFind = table !== undefined && !leavesMemory(total)
      const rows = mayFind ? askedRows(plan, identity, samples) : []
      const definitions = rows.length === 0 ? '' : findScript(table!, rows)
      const now = await askIdentity(control, plan, description, { counts: false, definitions })
      const asking = { session: control, timeoutMs: plan.confirmTimeoutMs }
      const found = await askFound(asking, rows)
      const change = changeOf(now, found)
      // Rows of this process would tell what the function has made of those before.
      const isOpen = change === undefined && found === 'none' && !samples.hasOwn
      return { change: isOpen ? unknownRows : change, isOpen, rows: now.rows, found }
    },
  }

  function changeOf(now: TargetIdentity, found: Found): string | undefined {
    const change = whatChanged(identity, now, 0)
    if (change !== undefined) return change
    if (counts && now.rows === null) return 'its rows cannot be counted any more'
    if (typeof identity.chunkId === 'string' && now.chunkId === null) {
      return 'its chunk is not told any more'
    }
    const least = leastRows()
    if (least !== undefined && now.rows !== null && now.rows < least) {
      return `it had ${least} rows, and has ${now.rows}: it was made again, or emptied`
    }
    // What a function has made of the rows is its own affair, unless it left some as they are.
    if (found === 'some' || (found === 'none' && plan.target.kind === 'table')) {
      return 'rows that this run wrote into it are not in it'
    }
    return undefined
  }
}

/**
 * Of a table in memory that was made again, or emptied, the first row is gone; of a DFS table others may drop any partition.
 * Of a function the last row tells whether rows are found.
 */
function askedRows(
  { target }: Run['plan'],
  { inMemory }: TargetIdentity,
  { rows }: SampleRows,
): readonly SampleRow[] {
  if (target.kind === 'table') return inMemory ? rows.slice(0, 1) : rows
  return rows.filter((_, index) => index === 0 || index === rows.length - 1)
}

function sampledRecord({ rows }: SampleRows, leastRows = null as number | null) {
  return { kind: 'sampled', rows: rows.map(journaledRow), leastRows } as const
}
