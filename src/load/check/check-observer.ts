/*
  Takes the place of a run's delivery, and watches the run's inputs: collects what a check reports about rows, without sending any.
*/
import { rangeAt } from '../../parse/row-places.js'
import type { Batch } from '../../parse/batch.js'
import type { OpenedReader } from '../../parse/formats.js'
import type { InputTexts } from '../../parse/columns/template-column.js'
import type { ColumnMapping } from '../../schema/cell-source.js'
import { sendNothing, type Delivery } from '../transport/delivery.js'
import type { TargetDescription } from '../target/describe-target.js'
import { outsideMarks } from '../target/partition-scheme.js'
import type { LoadOptions } from '../options.js'
import { widened } from '../odd-values.js'
import { reasonOf, refusedRow, type AnyReject } from '../rejects/reject.js'
import type { Run } from '../run.js'
import type { CheckProblem, ReadDecision, ReadObserver } from './check-result.js'
import { openedInput, sampleOf, type CheckedInput } from './checked-input.js'

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

  rejected(reject: AnyReject): void {
    const { columnName, bytes } = reject
    if (columnName !== undefined) {
      this.rejectedBy.set(columnName, (this.rejectedBy.get(columnName) ?? 0) + 1)
    }
    const { runId: _, ...problem } = reasonOf('', reject)
    if (this.problems.length < shownProblems) this.problems.push(problem)
    const input = this.inputs.at(-1)
    if (input !== undefined) input.sample ??= { values: [], record: bytes.slice() }
  }

  closed(reader: OpenedReader): void {
    const input = this.inputs.at(-1)!
    input.isWhole = reader.readToEnd || reader.recordsRead < this.#maxRows(input)
  }

  #maxRows({ isUnfit }: CheckedInput): number {
    return isUnfit ? Math.min(mostUnfitRows, this.#sampleRows) : this.#sampleRows
  }

  delivery(run: Run): Delivery {
    const marksOf = this.target && outsideMarks(this.target)
    return sendNothing(batch => this.#look(run, batch, marksOf))
  }

  #look(run: Run, batch: Batch, marksOf: ReturnType<typeof outsideMarks>): void {
    const input = this.inputs.at(-1)!
    const { isUnfit } = input
    if (input.sample === undefined || input.sample.values.length === 0) {
      input.sample = sampleOf(batch)
    }
    let rows = batch.rowCount
    if (!isUnfit) {
      for (const [i, column] of batch.columns.entries()) {
        this.times[i] = widened(this.times[i], column, batch.rowCount)
      }
      if (marksOf !== undefined) rows -= rejectOutside(run, batch, marksOf(batch))
    }
    run.state.rows.unsent += rows
    if (isUnfit) this.unfitRows += rows
    else this.fitRows += rows
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
