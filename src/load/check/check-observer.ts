/*
  Takes the place of a run's delivery, and watches the run's inputs: collects what a check reports about rows, without sending any.
*/
import { rangeAt } from '../../parse/row-places.js'
import type { Batch } from '../../parse/batch.js'
import type { OpenedReader } from '../../parse/formats.js'
import type { InputTexts } from '../../parse/columns/template-column.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import type { Delivery } from '../transport/delivery.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { LoadOptions } from '../options.js'
import { widened } from '../odd-times.js'
import { refusedRow, type AnyReject } from '../rejects/reject.js'
import type { Run } from '../run.js'
import type { CheckProblem } from './check-result.js'
import { openedInput, sampleOf, type CheckedInput } from './checked-input.js'
import { newPartitionTally, type PartitionTally } from './partition-tally.js'
import type { ReadDecision, ReadObserver } from './read-observer.js'

/** Limit of records to read from an input that does not fit the target. */
const mostUnfitRows = 100
const shownProblems = 20

export class CheckObserver implements ReadObserver {
  readonly inputs: CheckedInput[] = []
  readonly problems: CheckProblem[] = []
  /** First and last time of each target column that has any. */
  readonly times: ReturnType<typeof widened>[] = []
  /** Number of rows rejected because of each column. */
  readonly rejectedBy = new Map<string, number>()
  /** Rows that a load would send and the target would store. */
  fitRows = 0
  unfitRows = 0
  tally: PartitionTally | undefined
  /** Undefined if no target is known; every field is then read as text. */
  target: TargetDescription | undefined
  readonly #options: LoadOptions
  readonly #sampleRows: number

  constructor(options: LoadOptions, sampleRows: number) {
    this.#options = options
    this.#sampleRows = sampleRows
  }

  opened(
    path: string,
    reader: OpenedReader,
    map: () => ColumnMapping,
    texts: InputTexts,
  ): ReadDecision {
    const known = this.target === undefined ? undefined : map
    const input = openedInput(path, reader, this.#options, known, texts)
    this.inputs.push(input)
    const { mapping, isUnfit } = input
    return { mapping, isUnfit, maxRows: this.#maxRows(input) }
  }

  rejected({ bytes, ...reject }: AnyReject): void {
    const { columnName } = reject
    if (columnName !== undefined)
      this.rejectedBy.set(columnName, (this.rejectedBy.get(columnName) ?? 0) + 1)
    if (this.problems.length < shownProblems) this.problems.push(problemOf(reject))
    const input = this.inputs.at(-1)
    if (input !== undefined) input.sample ??= { values: [], record: bytes.slice() }
  }

  closed(reader: OpenedReader): void {
    const input = this.inputs.at(-1)!
    input.recordBytes = reader.byteCounts.rows
    input.isWhole = reader.readToEnd || reader.recordsRead < this.#maxRows(input)
  }

  #maxRows({ isUnfit }: CheckedInput): number {
    return isUnfit ? Math.min(mostUnfitRows, this.#sampleRows) : this.#sampleRows
  }

  delivery(run: Run): Delivery {
    this.tally = this.target && newPartitionTally(this.target)
    return {
      used: 'none',
      keepsReceipts: false,
      inFlightBytes: 0,
      deliver: batch => this.#look(run, batch),
      finish: () => Promise.resolve(),
      leave: () => undefined,
      close: () => Promise.resolve(),
    }
  }

  #look(run: Run, batch: Batch): void {
    const input = this.inputs.at(-1)!
    const { isUnfit } = input
    if (input.sample === undefined || input.sample.values.length === 0) {
      input.sample = sampleOf(batch)
    }
    if (!isUnfit) {
      for (const [i, column] of batch.columns.entries()) {
        this.times[i] = widened(this.times[i], column, batch.rowCount)
      }
    }
    const marks = isUnfit ? undefined : this.tally?.add(batch)
    const outside = marks === undefined ? 0 : rejectOutside(run, batch, marks)
    const rows = batch.rowCount - outside
    run.emit({ kind: 'unsent', rows })
    if (isUnfit) this.unfitRows += rows
    else this.fitRows += rows
    input.rows += batch.rowCount
    input.batches++
    input.encodedBytes += batch.encodedBytes
    batch.release()
  }
}

function rejectOutside(run: Run, batch: Batch, marks: Uint8Array): number {
  let count = 0
  for (let row = 0; row < batch.rowCount; row++) {
    if (marks[row] !== 1) continue
    count++
    const message = "outside the target's partition scheme: the server does not store such rows"
    run.rejects.keep({ ...refusedRow(batch, row, ''), message }, rangeAt(batch.ranges, row).shape)
  }
  return count
}

function problemOf(reject: Omit<AnyReject, 'bytes'>): CheckProblem {
  const { file, lineNumber, offsetBytes, columnName = null, code, message, value = null } = reject
  return { file, lineNumber, offsetBytes, columnName, code, class: reject.class, message, value }
}
