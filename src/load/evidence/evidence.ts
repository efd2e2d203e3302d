/*
  Evidence that a run's rows are still in the table: the identity of the table before the first row, the number of rows
  that it has had since, and the values of some rows.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, option } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import {
  lookAtTarget,
  watchedTable,
  whatChanged,
  type TargetIdentity,
} from '../journal/target-identity.js'
import type { Facts } from '../journal/journal-record.js'
import { rowsText } from '../outcomes/row-counts.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { Asking } from '../connection/server-queries.js'
import { askRowsAt, findRows, foundOf, searchFor, type Found } from './find-rows.js'
import { hasTransform } from '../target/target.js'
import { leavesMemory, neverDecreases } from './total-rows.js'
import { journaledRow, newSampleRows, type SampleRow, type SampleRows } from './sample-rows.js'

export interface Look {
  /** Why confirmed rows cannot be in the table; undefined if they may be there. */
  readonly change: string | undefined
  /** Whether the table seems to be the same, and others have removed rows that were looked up. */
  readonly isRemoval: boolean
  /** Rows that the table has ever had; null if they cannot be counted. */
  readonly rows: number | null
}

/** Evidence about one run. It never uses the rows of a different run. */
export interface Evidence {
  /** The target as it was before the run's first row. */
  readonly identity: TargetIdentity
  readonly samples: SampleRows
  /** Must be called when the table has accepted rows. */
  taken(rows: number): void
  /**
   * True if `learn` must be called once all rows sent so far have an outcome, before more are sent. If a function or a
   * transform makes the rows, their values are known only from the table.
   */
  readonly learns: boolean
  /**
   * Reads some of the accepted rows, if the table has grown by exactly these rows. Otherwise keeps those of the sent rows
   * that are in the table as they were sent.
   */
  learn(control: Session): Promise<void>
  /** Forgets the accepted rows, because they are lost or are on a different node. */
  forget(): void
  /** What a later process needs to resume the run. */
  sampled(): Pick<Facts, 'sampled'>
  /**
   * Compares the table with this evidence.
   * @param waitMs  how long to wait for rows that a function may write later; default `confirmTimeoutMs`
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  look(control: Session, waitMs?: number): Promise<Look>
}

export interface EarlierEvidence {
  readonly samples: readonly SampleRow[]
  /** Rows that earlier processes have confirmed. */
  readonly confirmed: number
}

const firstPauseMs = 20
const longestPauseMs = 1_000

export function rowsGoneMessage(change: string): string {
  return `rows that were confirmed may be gone: ${change}`
}

/** Whether the rows in the table have values that the run did not send. */
function makesRows(checked: Run['checked']): boolean {
  return checked.target.kind === 'function' || hasTransform(checked)
}

/** The columns by which the run can find its rows; none if it cannot. */
function findableColumns(
  { columns, keyed, keyColumns = [] }: TargetDescription,
  { dropsDuplicates }: TargetIdentity,
): readonly string[] {
  // In a table with keys, other writers may replace values of a row. The run can then find the row only by its key
  // columns, if it knows them.
  const isFindable = !(dropsDuplicates || keyed) || keyColumns.length > 0
  return isFindable ? columns.map(({ name }) => name) : []
}

export function newEvidence(
  run: Run,
  description: TargetDescription,
  identity: TargetIdentity,
  earlier: EarlierEvidence,
): Evidence {
  const { checked, platform } = run
  const { total, adds, inMemory } = identity
  const isFunction = checked.target.kind === 'function'
  const table = watchedTable(checked)
  const { keyColumns: keys = [], partitionColumns = [] } = description
  const choosing = partitionColumns.filter(name => keys.length === 0 || keys.includes(name))
  const counts = inMemory ? total !== null : isFunction
  const isFindable = table !== undefined && !leavesMemory(total)
  let learns = makesRows(checked) && isFindable && earlier.confirmed === 0
  const names = learns || !makesRows(checked) ? findableColumns(description, identity) : []
  const samples = newSampleRows(names, keys, earlier.samples, choosing)
  /** Whether the rows of the sample were in the table, rather than only sent. */
  let areSure = !makesRows(checked) || earlier.samples.length > 0
  /** Rows in the table before the run; null if they are unknown, or if the table is another by now. */
  let before = counts ? identity.rows : null
  let accepted = earlier.confirmed
  const sampled = () => ({ sampled: areSure ? samples.rows.map(journaledRow) : [] })
  const asking = (session: Session): Asking => ({ session, timeoutMs: checked.confirmTimeoutMs })
  return {
    identity,
    samples,
    get learns() {
      return learns
    },
    taken(rows) {
      accepted += rows
    },
    async learn(control) {
      if (!learns || accepted === 0) return
      learns = false
      const added = { from: before ?? 0, rows: accepted, keys }
      const isKnown = inMemory && counts && adds
      try {
        const made = isKnown ? await askRowsAt(asking(control), table!, added) : []
        const sent = made.length > 0 ? [] : await findRows(asking(control), table!, samples.rows)
        const rows = [...made, ...(sent ?? [])]
        if (rows.length === 0) return
        areSure = true
        samples.learned(rows)
        run.note(sampled())
      } catch (error) {
        // A lost connection is noticed elsewhere.
        if (!(error instanceof DdbError)) throw error
      }
    },
    forget() {
      samples.clear()
      learns = false
      before = null
    },
    sampled,
    async look(control, waitMs = checked.confirmTimeoutMs) {
      // Rows that the server has removed from memory cannot be found.
      const rows = isFindable && !learns ? samples.rows : []
      const search = searchFor(table, rows)
      const question = { counts: counts && !inMemory, search }
      const endMs = platform.clock.nowMs() + waitMs
      for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
        // Rows that are accepted while the server answers may not be counted yet.
        const growth = { before, accepted, isFunction, areSure }
        const [now, answer] = await lookAtTarget(control, checked, description, question)
        const found = foundOf(search, answer)
        const mayGrow = isShort(now, growth) && platform.clock.nowMs() + pauseMs < endMs
        if (!mayGrow || run.ending.isLeaving) {
          const change = changeOf(identity, now, growth, found)
          // Nobody can remove rows from a stream table.
          const isRemoval = change === removed && !neverDecreases(total)
          return { change, isRemoval, rows: now.rows }
        }
        await wait(platform.clock, pauseMs, run.ending.leaving)
      }
    },
  }
}

const removed = 'rows that this run wrote into it are missing'

interface Growth {
  /** Rows in the table before the run; null if they prove nothing. */
  readonly before: number | null
  readonly accepted: number
  readonly isFunction: boolean
  /** Whether the rows that are looked up were in the table before. */
  readonly areSure: boolean
}

/** Whether the table has grown by fewer rows than a function was given. */
function isShort({ rows, adds }: TargetIdentity, growth: Growth): boolean {
  const { before, accepted, isFunction } = growth
  if (!isFunction || !adds || rows === null || before === null) return false
  return rows >= before && rows < before + accepted
}

function changeOf(
  identity: TargetIdentity,
  now: TargetIdentity,
  growth: Growth,
  found: Found,
): string | undefined {
  const change = whatChanged(identity, now, 0)
  if (change !== undefined) return change
  const { before, accepted, isFunction, areSure } = growth
  if (before !== null && now.rows === null) return 'its rows cannot be counted any more'
  if (typeof identity.chunkId === 'string' && now.chunkId === null) {
    return 'the server no longer reports its chunk'
  }
  if (isShort(now, growth)) {
    return (
      `it has ${rowsText(now.rows! - before!)} more than before the run, and the function was given ${accepted}. ` +
      `If the function may drop rows, say so with ${option('target.mayDrop')}`
    )
  }
  const least = (before ?? 0) + (identity.adds ? accepted : 0)
  if (before !== null && now.rows! < least) {
    return `it had ${least} rows, and has ${now.rows}: it was recreated or emptied`
  }
  // A function may change all rows, so no row then proves a loss. If it changes none, one that is there shows that. A
  // transform may also drop some.
  const isLost = areSure
    ? found === 'some' || found === 'none'
    : found === 'some' && isFunction && identity.adds
  return isLost ? removed : undefined
}
