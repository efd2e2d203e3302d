/*
  Collects what a check reports about rows, without sending any: sample values, the first problems, and row counts by partition.
*/
import { rangeAt } from '../../parse/row-places.js'
import type { Batch } from '../../parse/batch.js'
import { isNullAt } from '../../protocol/element.js'
import { formatElement } from '../../protocol/value-text.js'
import type { Delivery } from '../transport/delivery.js'
import type { TargetDescription } from '../target/describe-target.js'
import type { LoadOptions } from '../options.js'
import { widened } from '../odd-times.js'
import { refusedRow, type AnyReject } from '../rejects/reject.js'
import type { Run } from '../run.js'
import type { CheckProblem } from './check-result.js'
import { openedInput, type CheckedInput, type OpenInput, type Sample } from './checked-input.js'
import { newPartitionTally, type PartitionTally } from './partition-tally.js'
import { clippedText } from './record-texts.js'
import type { ReadDecision, ReadObserver } from './read-observer.js'

/** Takes the place of a run's delivery, and watches the run's inputs. */
export interface CheckObserver extends ReadObserver {
  readonly inputs: readonly CheckedInput[]
  /** Rows that a load would send and the target would store. */
  readonly fitRows: number
  readonly unfitRows: number
  readonly problems: readonly CheckProblem[]
  /** Number of rows rejected because of this column. */
  rejectedOf(columnName: string): number
  /** First and last time of each target column that has any. */
  readonly times: readonly ReturnType<typeof widened>[]
  readonly tally: PartitionTally | undefined
  delivery(run: Run, target: TargetDescription | undefined): Delivery
}

/** Limit of records to read from an input that does not fit the target. */
const unfitRows = 100
/** How many rows of the first batch are searched for a sample value. */
const lookedRows = 1_000
const shownProblems = 20

/** @param isTargetKnown  if false, every field is read as text */
export function newCheckObserver(
  options: LoadOptions,
  sampleRows: number,
  isTargetKnown: () => boolean,
): CheckObserver {
  const inputs: OpenInput[] = []
  const problems: CheckProblem[] = []
  const byColumn = new Map<string, number>()
  const times: ReturnType<typeof widened>[] = []
  let fitRows = 0
  let unfit = 0
  let tally: PartitionTally | undefined
  const current = (): OpenInput => inputs.at(-1)!

  return {
    inputs,
    problems,
    times,
    get fitRows() {
      return fitRows
    },
    get unfitRows() {
      return unfit
    },
    get tally() {
      return tally
    },
    rejectedOf: name => byColumn.get(name) ?? 0,
    opened(path, reader, map, texts) {
      const input = openedInput(path, reader, options, isTargetKnown() ? map : undefined, texts)
      inputs.push(input)
      const { mapping, isUnfit } = input
      const maxRows = isUnfit ? Math.min(unfitRows, sampleRows) : sampleRows
      return { mapping, isUnfit, maxRows } satisfies ReadDecision
    },
    rejected(reject) {
      const { columnName, bytes } = reject
      if (columnName !== undefined) byColumn.set(columnName, (byColumn.get(columnName) ?? 0) + 1)
      if (problems.length < shownProblems) problems.push(problemOf(reject))
      const input = inputs.at(-1)
      if (input !== undefined) input.sample ??= { values: [], record: bytes.slice() }
    },
    closed(reader) {
      const input = current()
      input.recordBytes = reader.byteCounts.rows
      const maxRows = input.isUnfit ? Math.min(unfitRows, sampleRows) : sampleRows
      input.isWhole = reader.readToEnd || reader.recordsRead < maxRows
    },
    delivery(run, target) {
      tally = target && newPartitionTally(target)
      return nothingSent(batch => {
        const input = current()
        if (input.sample === undefined || input.sample.values.length === 0) {
          input.sample = sampleOf(batch)
        }
        if (!input.isUnfit) {
          for (const [i, column] of batch.columns.entries()) {
            times[i] = widened(times[i], column, batch.rowCount)
          }
        }
        const marks = input.isUnfit ? undefined : tally?.add(batch)
        const outside = marks === undefined ? 0 : rejectOutside(run, batch, marks)
        const rows = batch.rowCount - outside
        run.emit({ kind: 'unsent', rows })
        if (input.isUnfit) unfit += rows
        else fitRows += rows
        input.rows += batch.rowCount
        input.batches++
        input.encodedBytes += batch.encodedBytes
        batch.release()
      })
    },
  }
}

function nothingSent(look: (batch: Batch) => void): Delivery {
  return {
    used: 'none',
    inFlightBytes: 0,
    deliver: look,
    finish: () => Promise.resolve(),
    leave: () => undefined,
    close: () => Promise.resolve(),
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

function problemOf(reject: AnyReject): CheckProblem {
  const { file, lineNumber, offsetBytes, columnName, code, message, value } = reject
  return {
    file,
    lineNumber,
    offsetBytes,
    columnName: columnName ?? null,
    code,
    class: reject.class,
    message,
    value: value ?? null,
  }
}

/** The first non-null value of each column, if the first rows have one. */
function sampleOf(batch: Batch): Sample {
  const records = new Map<number, Uint8Array>()
  const recordOf = (row: number): Uint8Array => {
    const kept = records.get(row) ?? batch.record(row).slice()
    records.set(row, kept)
    return kept
  }
  const last = Math.min(batch.rowCount, lookedRows)
  const values = batch.columns.map(column => {
    let row = 0
    while (row < last && isNullAt(column, row)) row++
    if (row === last) row = 0
    return { text: clippedText(formatElement(column, row)), record: recordOf(row) }
  })
  return { values, record: recordOf(0) }
}
