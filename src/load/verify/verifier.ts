/*
  Reads rows back before they count as confirmed (`delivery.verify`). It reads one part of a batch after another, in
  the order of their receipts, while later parts are in flight. Each part stays in memory until it was read back.
*/
import { DdbError, UsageError, type ConnectionError } from '../../errors.js'
import type { Batch } from '../../parse/batch.js'
import { isNullAt } from '../../protocol/element.js'
import type { Column } from '../../protocol/value.js'
import type { RetryRules } from '../connection/retry.js'
import type { BatchPart } from '../outcomes/batch-part.js'
import type { VerifyResult } from '../load-result.js'
import type { Run } from '../run.js'
import { asDdbError } from '../run-ending.js'
import { cellText, mismatchesByKey, mismatchesByPlace, type Mismatch } from './compare-rows.js'
import { rowKeys } from './key-texts.js'
import { maxFoundRows } from './row-reader.js'
import { newRowSearch, type SearchSetup } from './row-search.js'
import { cutterOf, mostRowsOf, piecesOf, type CutRows } from './sent-rows.js'
import { lookupText, type VerifyPlan } from './verify-plan.js'

export interface TakenPart {
  readonly part: BatchPart
  /** Number of rows that a keyed table did not count, because it already had their keys. */
  readonly duplicates: number
  /** Indexes, in the batch, of rows that the target left out because of their values. */
  readonly leftOut: ReadonlySet<number>
  /** @param different  indexes in the batch, ascending, of rows that are missing or have different values */
  settle(different: readonly number[]): void
  /** Called if the part could not be read back. */
  fail(error: DdbError): void
}

export interface Verifier {
  /** Must be called before the batch is sent. */
  sending(batch: Batch): void
  /** Must be called when all rows of the batch have an outcome. */
  released(batch: Batch): void
  add(taken: TakenPart): void
  readonly heldBytes: number
  /** A promise to await if too many bytes wait to be read back, otherwise undefined. */
  room(): Promise<void> | undefined
  /** Resolves once all added parts have an outcome. */
  settled(): Promise<void>
  result(): VerifyResult
  leave(reason: ConnectionError): void
  close(): Promise<void>
}

const namedRows = 20

export interface VerifierSetup extends SearchSetup {
  readonly run: Pick<Run, 'plan' | 'platform' | 'state' | 'history' | 'ending'>
  readonly how: 'sample' | 'all'
  readonly plan: VerifyPlan
  readonly rules: RetryRules
}

export function newVerifier(setup: VerifierSetup): Verifier {
  const { run, how, plan, reader } = setup
  const sent = new Set<Batch>()
  const rows = { compared: 0, different: 0, replaced: 0, notComparable: 0 }
  const first: VerifyResult['first'] = []
  const search = newRowSearch(setup)
  const random = (): number => run.platform.random.number()
  let rowsSeen = 0
  let heldBytes = 0
  let last: Promise<void> = Promise.resolve()
  let failure: DdbError | undefined

  const check = async ({ part, duplicates, leftOut }: TakenPart): Promise<number[]> => {
    const { batch } = part
    const cut = cutterOf(part, plan)
    const different: number[] = []
    let unexplained = duplicates
    const rowsBefore = rowsSeen
    rowsSeen += part.end - part.start
    for (const { start, end } of piecesOf(part, how, rowsBefore, random)) {
      if (failure !== undefined) throw failure
      const columns = cut(start, end)
      const { mismatches, skipped } =
        plan.by === 'key'
          ? await byKey(setup, columns, end - start)
          : await byPlace(search, part, start, columns)
      rows.compared += end - start - skipped
      rows.notComparable += skipped
      const others =
        plan.keepsOne && mismatches.length > 0 ? otherKeys(sent, part, plan) : undefined
      for (const mismatch of mismatches) {
        const row = start + mismatch.row
        if (leftOut.has(row)) continue
        const isReplaced = mismatch.columnIndex >= 0 && others?.has(mismatch.key!) === true
        if (isReplaced || (mismatch.columnIndex >= 0 && unexplained-- > 0)) {
          rows.replaced++
          continue
        }
        rows.different++
        if (first.length < namedRows) first.push(named(batch, row, mismatch, columns, plan))
        different.push(row)
      }
    }
    search.passed(part.end - part.start - leftOut.size)
    return different
  }

  const settle = async (taken: TakenPart): Promise<void> => {
    const different = await check(taken).catch((error: unknown) => {
      failure ??= asDdbError(error)
      return failure
    })
    heldBytes -= taken.part.encodedBytes
    if (different instanceof DdbError) taken.fail(different)
    else taken.settle(different)
  }

  return {
    sending: batch => void sent.add(batch),
    released: batch => void sent.delete(batch),
    add(taken) {
      heldBytes += taken.part.encodedBytes
      last = last.then(() => settle(taken))
    },
    get heldBytes() {
      return heldBytes
    },
    room: () => (heldBytes < run.plan.maxInFlightBytes ? undefined : last),
    async settled() {
      // Waits again if callers have added parts during the wait.
      for (let waited; waited !== last;) {
        waited = last
        await waited
      }
    },
    result: () => ({ ...describedPlan(setup), rows: { ...rows }, first: [...first] }),
    leave(reason) {
      failure ??= reason
      reader.leave(reason)
    },
    close: () => reader.close(),
  }
}

function describedPlan({
  how,
  plan: { by, keys, skipped },
}: VerifierSetup): Pick<VerifyResult, 'how' | 'by' | 'skippedColumns'> {
  const found = by === 'position' ? by : keys.map(({ name }) => name)
  return { how, by: found, skippedColumns: [...skipped] }
}

/** A mismatch as the result lists it. @param columns  the sent columns of the piece with the mismatch */
function named(
  batch: Batch,
  row: number,
  { columnIndex, row: at, found }: Mismatch,
  columns: readonly Column[],
  plan: VerifyPlan,
): VerifyResult['first'][number] {
  const { file, lineNumber } = batch.locate(row)
  const sent = columns[columnIndex]
  return {
    file,
    lineNumber,
    column: plan.columns[columnIndex]?.name ?? null,
    sent: sent === undefined ? '' : cellText(sent, at),
    found: found ?? null,
  }
}

interface Compared {
  readonly mismatches: readonly Mismatch[]
  /** Number of rows that cannot be looked up, because a key cell is null. */
  readonly skipped: number
}

async function byKey(
  { plan, reader }: VerifierSetup,
  columns: readonly Column[],
  rowCount: number,
): Promise<Compared> {
  const keys = plan.keys.map(key => plan.columns.indexOf(key))
  const filters = [...plan.keys, ...plan.narrowing].map(one => columns[plan.columns.indexOf(one)]!)
  const stored = await reader.among(filters)
  if (stored.rows >= maxFoundRows) throw notSelective(plan)
  // Rows with a null in these columns are skipped, because server versions may differ on whether `in` finds a null.
  const isNull = (row: number): boolean => filters.some(column => isNullAt(column, row))
  const mismatches = mismatchesByKey(columns, stored, keys, plan.keepsOne)
  let skipped = 0
  for (let row = 0; row < rowCount; row++) if (isNull(row)) skipped++
  return { mismatches: mismatches.filter(({ row }) => !isNull(row)), skipped }
}

async function byPlace(
  search: ReturnType<typeof newRowSearch>,
  part: BatchPart,
  start: number,
  columns: readonly Column[],
): Promise<Compared> {
  const stored = await search.find(columns, start - part.start, mostRowsOf(part))
  return { mismatches: mismatchesByPlace(columns, stored), skipped: 0 }
}

/** Keys of all rows in unfinished batches, except the rows of this part. */
function otherKeys(sent: ReadonlySet<Batch>, part: BatchPart, plan: VerifyPlan): Set<string> {
  const found = new Set<string>()
  const collect = (batch: Batch, start: number, end: number): void => {
    if (end <= start) return
    const cut: CutRows = cutterOf({ batch }, { columns: plan.keys })
    const keyOf = rowKeys(cut(start, end))
    for (let row = 0; row < end - start; row++) found.add(keyOf(row))
  }
  for (const batch of sent) {
    if (batch !== part.batch) collect(batch, 0, batch.rowCount)
  }
  collect(part.batch, 0, part.start)
  collect(part.batch, part.end, part.batch.rowCount)
  return found
}

function notSelective(plan: VerifyPlan): UsageError {
  return new UsageError(
    'DDB_USAGE',
    `\`delivery.verify\` finds ${maxFoundRows} or more rows for one of the run's ${lookupText(plan)}: ` +
      'name columns that make a row unique in `target.keyColumns`',
  )
}
