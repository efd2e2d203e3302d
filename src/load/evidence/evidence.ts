/*
  Evidence that a run's rows are still in the table: the identity of the table before the first row, the number of rows
  that it has had since, and the values of some rows. The run looks at the target when it begins or is resumed, at its end, and now
  and then while it follows its inputs.
*/
import type { Session } from '../../client/open-session.js'
import { DdbError, option, ServerError } from '../../errors.js'
import { wait } from '../../platform/clocks.js'
import type { Asking } from '../connection/server-queries.js'
import { targetChanged } from '../journal/changed-run.js'
import type { Facts } from '../journal/journal-record.js'
import { rowsText } from '../outcomes/run-state.js'
import type { Run } from '../run.js'
import type { TargetDescription } from '../target/describe-target.js'
import { hasTransform } from '../target/target.js'
import { askRowsAt, findRows, foundOf, searchFor, type Found } from './find-rows.js'
import { askIdentity, keepsKeys, watchedTable, type TargetIdentity } from './identity.js'
import { journaledRow, newSampleRows, type SampleRows } from './sample-rows.js'
import { leavesMemory, neverDecreases } from './total-rows.js'

export interface Look {
  readonly now: TargetIdentity
  /** Which of the rows that were looked up are there. */
  readonly found: Found
  /** Why confirmed rows cannot be in the table; undefined if they may be there. */
  readonly change: Change | undefined
}

interface Change {
  readonly text: string
  /**
   * `other`: the table is another one, or has lost rows. `removed`: it seems to be the same, and others have removed rows.
   * `hidden`: the server no longer reports what it reported before.
   */
  readonly kind: 'other' | 'removed' | 'hidden'
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
function findableColumns(checked: Run['checked'], description: TargetDescription): string[] {
  const { columns, keyColumns = [] } = description
  // In a table with keys, other writers may replace values of a row. The run can then find the row only by its key
  // columns, if it knows them.
  const isFindable = !keepsKeys(checked, description) || keyColumns.length > 0
  return isFindable ? columns.map(({ name }) => name) : []
}

/** Evidence about one run. It never uses the rows of a different run. */
export class Evidence {
  readonly samples: SampleRows
  readonly #run: Run
  readonly #description: TargetDescription
  /** The target as it was before the run's first row. */
  #identity: TargetIdentity
  /**
   * True if `learn` must be called once all rows sent so far have an outcome, before more are sent. If a function or a
   * transform makes the rows, their values are known only from the table.
   */
  #learns: boolean
  /** Whether the rows of the sample were in the table, rather than only sent. */
  #areSure: boolean
  /** Rows that the target has accepted, in all processes. */
  #accepted: number

  /** @param identity  the target before the run's first row */
  constructor(run: Run, description: TargetDescription, identity: TargetIdentity) {
    const { checked, history } = run
    const earlier = history.found.samples
    this.#run = run
    this.#description = description
    this.#identity = identity
    this.#accepted = history.found.rows().confirmed
    this.#learns = makesRows(checked) && this.#isFindable && this.#accepted === 0
    this.#areSure = !makesRows(checked) || earlier.length > 0
    const { keyColumns: keys = [], partitionColumns = [] } = description
    const choosing = partitionColumns.filter(name => keys.length === 0 || keys.includes(name))
    const names = this.#learns || !makesRows(checked) ? findableColumns(checked, description) : []
    this.samples = newSampleRows(names, keys, earlier, choosing)
  }

  get identity(): TargetIdentity {
    return this.#identity
  }

  get learns(): boolean {
    return this.#learns
  }

  /** Rows that the server has removed from memory cannot be found. */
  get #isFindable(): boolean {
    return watchedTable(this.#run.checked) !== undefined && !leavesMemory(this.#identity.total)
  }

  /** Rows in the table before the run; null if they prove nothing. */
  get #before(): number | null {
    const { inMemory, total, rows } = this.#identity
    const counts = inMemory ? total !== null : this.#run.checked.target.kind === 'function'
    return counts ? rows : null
  }

  /** Must be called when the table has accepted rows. */
  taken(rows: number): void {
    this.#accepted += rows
  }

  /**
   * Reads some of the accepted rows, if the table has grown by exactly these rows. Otherwise keeps those of the sent rows
   * that are in the table as they were sent.
   */
  async learn(session: Session): Promise<void> {
    if (!this.#learns || this.#accepted === 0) return
    this.#learns = false
    const { checked, note } = this.#run
    const { inMemory, adds } = this.#identity
    const asking: Asking = { session, timeoutMs: checked.confirmTimeoutMs }
    const table = watchedTable(checked)!
    const keys = this.#description.keyColumns ?? []
    const added = { from: this.#before ?? 0, rows: this.#accepted, keys }
    const isKnown = inMemory && this.#identity.total !== null && adds
    try {
      const made = isKnown ? await askRowsAt(asking, table, added) : []
      const sent = made.length > 0 ? [] : await findRows(asking, table, this.samples.rows)
      const rows = [...made, ...(sent ?? [])]
      if (rows.length === 0) return
      this.#areSure = true
      this.samples.learned(rows)
      note(this.sampled())
    } catch (error) {
      // A lost connection is noticed elsewhere.
      if (!(error instanceof DdbError)) throw error
    }
  }

  /** Forgets the accepted rows, because they are lost or are on a different node. */
  forget(): void {
    this.samples.clear()
    this.#learns = false
    this.#identity = { ...this.#identity, rows: null }
  }

  /** What a later process needs to resume the run. */
  sampled(): Pick<Facts, 'sampled'> {
    return { sampled: this.#areSure ? this.samples.rows.map(journaledRow) : [] }
  }

  /**
   * Compares the table with this evidence.
   * @param waitMs  how long to wait for rows that a function may write later
   * @param counts  whether to count the rows of a DFS table
   * @throws {ConnectionError} @throws {TimeoutError}
   */
  async look(
    session: Session,
    waitMs = this.#run.checked.confirmTimeoutMs,
    counts = this.#before !== null && !this.#identity.inMemory,
  ): Promise<Look> {
    const { checked, ending, platform } = this.#run
    const search = searchFor(watchedTable(checked), this.#learns ? [] : this.samples.rows)
    const endMs = platform.clock.nowMs() + waitMs
    for (let pauseMs = firstPauseMs; ; pauseMs = Math.min(2 * pauseMs, longestPauseMs)) {
      // Rows that are accepted while the server answers may not be counted yet.
      const known = {
        before: this.#before,
        accepted: this.#accepted,
        isFunction: checked.target.kind === 'function',
        areSure: this.#areSure,
      }
      const answer = await askIdentity(session, checked, this.#description, { counts, search })
      const { identity: now } = answer
      const found = foundOf(search, answer.found)
      const mayGrow = isShort(now, known) && platform.clock.nowMs() + pauseMs < endMs
      if (!mayGrow || ending.isLeaving) {
        const there = this.#isFindable ? found : 'unknown'
        return { now, found, change: whatChanged(this.#identity, now, { ...known, found: there }) }
      }
      await wait(platform.clock, pauseMs, ending.leaving)
    }
  }

  /** From now on, compares with the present properties of the target, and with its rows and its identity before the run. */
  goOnWith(now: TargetIdentity): void {
    const { rows, physicalIndex, chunkId } = this.#identity
    this.#identity = {
      ...now,
      rows,
      physicalIndex: physicalIndex ?? now.physicalIndex,
      chunkId: chunkId ?? now.chunkId,
    }
  }
}

/** What a run knows of its rows. */
interface KnownRows {
  /** Rows in the table before the run; null if they prove nothing. */
  readonly before: number | null
  /** Rows that the target has accepted. */
  readonly accepted: number
  readonly isFunction: boolean
  /** Whether the rows that are looked up were in the table before. */
  readonly areSure: boolean
}

/** Whether the table has grown by fewer rows than a function was given. */
function isShort({ rows, adds }: TargetIdentity, known: KnownRows): boolean {
  const { before, accepted, isFunction } = known
  if (!isFunction || !adds || rows === null || before === null) return false
  return rows >= before && rows < before + accepted
}

/** Why accepted rows cannot be in the target; undefined if they may be there. */
export function whatChanged(
  identity: TargetIdentity,
  now: TargetIdentity,
  known: KnownRows & { readonly found: Found },
): Change | undefined {
  if (identity.columns !== now.columns) {
    return other(`its columns were ${identity.columns} and are ${now.columns}`)
  }
  const isOther =
    differ(identity.chunkId, now.chunkId) || differ(identity.physicalIndex, now.physicalIndex)
  if (isOther) return other('it was dropped and recreated')
  const { before, accepted, isFunction, areSure, found } = known
  if (accepted === 0) return undefined
  if (before !== null && now.rows === null) {
    return { text: 'its rows cannot be counted any more', kind: 'hidden' }
  }
  if (identity.chunkId !== null && now.chunkId === null) {
    return { text: 'the server no longer reports its chunk', kind: 'hidden' }
  }
  if (isShort(now, known)) {
    return other(
      `it has ${rowsText(now.rows! - before!)} more than before the run, and the function was given ${accepted}. ` +
        `If the function may drop rows, say so with ${option('target.mayDrop')}`,
    )
  }
  const least = (before ?? 0) + (identity.adds ? accepted : 0)
  if (before !== null && now.rows! < least) {
    return other(`it had ${least} rows, and has ${now.rows}: it was recreated or emptied`)
  }
  // Nobody can remove rows from a stream table.
  const kind = neverDecreases(identity.total) ? 'other' : 'removed'
  // A function may change all rows, so no row then proves a loss. If it changes none, one that is there shows that. A
  // transform may also drop some.
  const isLost = areSure
    ? found === 'some' || found === 'none'
    : found === 'some' && isFunction && identity.adds
  if (isLost) return { text: 'rows that this run wrote into it are missing', kind }
  return undefined
}

const other = (text: string): Change => ({ text, kind: 'other' })

function differ(before: string | null, now: string | null): boolean {
  return before !== null && now !== null && before !== now
}

/** The state of the target when a run begins or is resumed. */
export interface FirstLook {
  readonly evidence: Evidence
  readonly look: Look
}

/**
 * Looks at the target before the run sends anything.
 * @returns undefined for a run without confirmation
 * @throws {DdbError} DDB_TARGET_CHANGED if the server has lost confirmed rows
 * @throws {ConnectionError} @throws {TimeoutError}
 */
export async function firstLook(
  run: Run,
  control: Session,
  description: TargetDescription,
): Promise<FirstLook | undefined> {
  const { checked, history } = run
  const { file, found } = history
  if (checked.confirm === 'none' && checked.mode !== 'sync') return undefined
  const counts = file !== undefined || checked.target.kind === 'function'
  if (found.target === undefined) {
    const { counted } = description
    const { identity } = await askIdentity(control, checked, description, { counts }, counted)
    const look: Look = { now: identity, found: 'unknown', change: undefined }
    return { evidence: new Evidence(run, description, identity), look }
  }
  if (found.isForgotten) throw targetChanged(found, forgotten)
  const evidence = new Evidence(run, description, found.target)
  const look = await evidence.look(control, checked.confirmTimeoutMs, counts)
  evidence.goOnWith(look.now)
  const isEmpty = look.now.rows === 0 && checked.target.kind === 'table'
  const change = look.change ?? (isEmpty && found.rows().confirmed > 0 ? noRows : undefined)
  return { evidence, look: { ...look, change } }
}

/** In a keyed or a DFS table, fewer rows than before do not count as a loss, but none at all do. */
const noRows = other('it has no rows')
const forgotten =
  'the server was restarted, or the table was recreated, and rows that were confirmed are gone'

/**
 * Turns the error for a missing target into DDB_TARGET_CHANGED if the run has written to that target. Returns any other
 * error unchanged.
 */
export function asTargetChanged({ history: { found } }: Run, error: unknown): unknown {
  const isMissing = error instanceof ServerError && error.code === 'DDB_TARGET'
  if (!isMissing || found.rows().confirmed === 0) return error
  return targetChanged(found, error.message)
}

/** How often a run that follows its inputs looks at the target. */
const lookEveryMs = 10_000

/**
 * A run that follows its inputs may not end for months. So it looks at the target now and then.
 * @param takeBack  makes confirmed rows unconfirmed
 * @returns a function to call whenever rows were accepted. It fails the run if the target is another table by now. If only
 *   rows are missing, as after their retention, it says so and looks for newer rows from then on
 */
export function followedLook(
  run: Run,
  evidence: Evidence | undefined,
  takeBack: (change: string) => void,
): (session: Session) => Promise<void> {
  const { clock } = run.platform
  let lookedAtMs = clock.nowMs()
  return async session => {
    const isDue = run.options.input?.follow === true && clock.nowMs() - lookedAtMs >= lookEveryMs
    if (evidence === undefined || !isDue) return
    const { change } = await evidence.look(session, 0)
    lookedAtMs = clock.nowMs()
    const isRemoval = change?.kind === 'removed'
    if (change === undefined || isRemoval) {
      if (isRemoval)
        run.reporter.notice(`${evidence.identity.name}: ${change.text}. The run goes on`)
      // The values of rows that a function made are known of the first rows only.
      if (isRemoval || run.checked.target.kind === 'table') evidence.samples.clear()
    } else {
      takeBack(change.text)
      run.ending.fail(targetChanged({ run: run.checked, target: evidence.identity }, change.text))
    }
  }
}
