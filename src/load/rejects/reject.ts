/*
  A row that is not in the target: its place in the input, and the reason.
*/
import type { InputPosition } from '../../errors.js'
import type { Batch, Reject } from '../../parse/batch.js'
import type { RejectReason } from './reject-run.js'

/** A record that a reader rejected, or a row that the server rejected. */
export type AnyReject = Omit<Reject, 'class'> & { readonly class: Reject['class'] | 'server' }

export function refusedRow(batch: Batch, rowIndex: number, serverMessage: string): AnyReject {
  return {
    ...batch.locate(rowIndex),
    bytes: batch.record(rowIndex),
    code: 'DDB_SERVER_REFUSED_ROW',
    class: 'server',
    message: `the server refused the row: ${serverMessage}`,
    columnName: undefined,
    value: undefined,
  }
}

/** For example `trades.csv, line 7: …`. */
export function located({ file, lineNumber, message }: AnyReject): string {
  return `${file}, line ${lineNumber}: ${message}`
}

export function positionOf({
  file,
  lineNumber,
  offsetBytes,
  columnName,
}: AnyReject): InputPosition {
  return { file, lineNumber, offsetBytes, ...(columnName === undefined ? {} : { columnName }) }
}

/** Makes lines of the file of reasons. Returns the same object each time, because rejects may number a million. */
export function newReasons(runId: string): (reject: AnyReject) => RejectReason {
  const reason: RejectReason = {
    runId,
    file: '',
    lineNumber: 0,
    offsetBytes: 0,
    columnName: null,
    code: '',
    class: 'parse',
    message: '',
    value: null,
  }
  return reject => {
    reason.file = reject.file
    reason.lineNumber = reject.lineNumber
    reason.offsetBytes = reject.offsetBytes
    reason.columnName = reject.columnName ?? null
    reason.code = reject.code
    reason.class = reject.class
    reason.message = reject.message
    reason.value = reject.value ?? null
    return reason
  }
}
