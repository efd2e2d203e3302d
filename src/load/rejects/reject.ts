/*
  A row that did not become part of the target: where it stood, and why.
*/
import type { InputPosition } from '../../errors.js'
import type { Batch, Reject } from '../../parse/input-reader.js'
import type { RejectReason } from './reject-file.js'

/** A reject of a reader, or of the server. */
export type AnyReject = Omit<Reject, 'class'> & { readonly class: Reject['class'] | 'server' }

/** A row that was sent and that the server refused, for the reason given in its words. */
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

/** Place and reason as one clause. */
export function located({ file, lineNumber, message }: AnyReject): string {
  return `${file}, line ${lineNumber}: ${message}`
}

/** Its place, for an error. */
export function positionOf({
  file,
  lineNumber,
  offsetBytes,
  columnName,
}: AnyReject): InputPosition {
  return { file, lineNumber, offsetBytes, ...(columnName === undefined ? {} : { columnName }) }
}

/** Its line in the reasons file. */
export function reasonOf(reject: AnyReject, runId: string): RejectReason {
  return {
    runId,
    file: reject.file,
    lineNumber: reject.lineNumber,
    offsetBytes: reject.offsetBytes,
    columnName: reject.columnName ?? null,
    code: reject.code,
    class: reject.class,
    message: reject.message,
    value: reject.value ?? null,
  }
}
